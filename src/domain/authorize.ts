import { type Registry, repositoryArn } from '../rules/registry.ts'
import type { Reads } from '../store/database.ts'
import type { Caller, Domain } from './domain.ts'
import { Refused } from './errors.ts'

/** What somebody wants to do. */
export interface Access {
  readonly caller: Pick<Caller, 'accountId' | 'principalArn'>
  /** As IAM names it, `ecr:BatchGetImage`. */
  readonly action: string
  readonly registry: Registry
  /** None for what concerns no repository. */
  readonly repositoryName?: string | undefined
}

/**
 * Whether the policies let somebody in. The owning account may do everything; another account needs a policy
 * of the repository, and no repository here carries one.
 */
export async function isAllowed(_tx: Reads, { caller, registry }: Access): Promise<boolean> {
  return caller.accountId === registry.accountId
}

/** @throws Refused AccessDenied */
export async function authorize({ database }: Domain, access: Access): Promise<void> {
  if (await database.read((tx) => isAllowed(tx, access))) return
  const { caller, action, registry, repositoryName } = access
  throw new Refused('AccessDenied', {
    principalArn: caller.principalArn,
    action,
    resource: repositoryName ? repositoryArn(registry, repositoryName) : '*',
  })
}
