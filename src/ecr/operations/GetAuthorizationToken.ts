import { TOKEN_LIFE_MILLISECONDS } from '../../domain/authorization-token.ts'
import { operation } from '../operation.ts'

/**
 * Answers user and password for the registry door, good for twelve hours in every registry that lets the
 * caller in. With `registryIds` there is an entry for each, and the token of each is as good as another's.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
 */
export const GetAuthorizationToken = operation(
  'GetAuthorizationToken',
  async (input, { domain, registry, registryUrl, issueToken }) => {
    const expiresAt = domain.clock.now() + TOKEN_LIFE_MILLISECONDS
    const authorizationToken = Buffer.from(`AWS:${issueToken(expiresAt)}`).toString('base64')
    const accountIds = new Set(input.registryIds ?? [registry.accountId])

    return {
      authorizationData: [...accountIds].map((accountId) => ({
        authorizationToken,
        expiresAt: new Date(expiresAt),
        proxyEndpoint: registryUrl({ ...registry, accountId }),
      })),
    }
  },
)
