import { issueCredentials, roleIdOf } from '../credentials.ts'
import { StsRefused } from '../errors.ts'
import { operation } from '../operation.ts'

const DEFAULT_DURATION_SECONDS = 3600
const ROLE_ARN = /^arn:(aws[a-z-]*):iam::([0-9]{12}):role\/(?:.*\/)?([\w+=,.@-]{1,64})$/

/**
 * Gives temporary credentials of a role, of whichever account: there are no trust policies here, so any
 * caller may assume any role.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export const AssumeRole = operation('AssumeRole', async (input, { domain }) => {
  const role = ROLE_ARN.exec(input.RoleArn)
  // Observed in many logs of STS.
  if (!role) throw new StsRefused('ValidationError', `${input.RoleArn} is invalid`)
  const [, partition, accountId = '', roleName] = role

  const principalArn = `arn:${partition}:sts::${accountId}:assumed-role/${roleName}/${input.RoleSessionName}`
  const userId = `${roleIdOf(input.RoleArn)}:${input.RoleSessionName}`
  const seconds = input.DurationSeconds ?? DEFAULT_DURATION_SECONDS
  return {
    Credentials: await issueCredentials(domain, { accountId, principalArn, userId }, seconds),
    AssumedRoleUser: { AssumedRoleId: userId, Arn: principalArn },
    SourceIdentity: input.SourceIdentity,
  }
})
