import { operation } from '../operation.ts'

/**
 * Tells whose credentials signed the request.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export const GetCallerIdentity = operation('GetCallerIdentity', async (_input, { caller }) => ({
  UserId: caller.userId,
  Account: caller.accountId,
  Arn: caller.principalArn,
}))
