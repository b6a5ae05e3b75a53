import type { OperationName } from '../../generated/sts/types.ts'
import type { Operation } from '../operation.ts'
import { AssumeRole } from './AssumeRole.ts'
import { GetCallerIdentity } from './GetCallerIdentity.ts'
import { GetSessionToken } from './GetSessionToken.ts'

/** The operations of STS that ECR's clients need. */
export const handlers = {
  AssumeRole,
  GetCallerIdentity,
  GetSessionToken,
} satisfies { [Name in OperationName]: Operation<Name> }
