import { issueCredentials } from '../credentials.ts'
import { operation } from '../operation.ts'

/** The default of users; the API page has one hour for the account's root, which nothing here tells apart. */
const DEFAULT_DURATION_SECONDS = 43_200

/**
 * Gives temporary credentials of the caller itself.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
 */
export const GetSessionToken = operation('GetSessionToken', async (input, { domain, caller }) => {
  const { accountId, principalArn, userId } = caller
  const seconds = input.DurationSeconds ?? DEFAULT_DURATION_SECONDS
  return { Credentials: await issueCredentials(domain, { accountId, principalArn, userId }, seconds) }
})
