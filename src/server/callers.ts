import type { Clock } from '../domain/domain.ts'
import { accountOfAccessKey } from '../protocol/account-of-key.ts'
import { FrameworkError } from '../protocol/errors.ts'
import type { Registry } from '../rules/registry.ts'
import type { Database } from '../store/database.ts'
import type { Principal } from '../sts/operation.ts'

/** What a credentials file says of an access key. */
export interface StaticCredentials {
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  readonly accountId?: string | undefined
}

export interface PrincipalSource {
  readonly database: Database
  readonly clock: Clock
  readonly credentials: ReadonlyMap<string, StaticCredentials>
  readonly defaults: Registry
}

/**
 * Who calls with an access key: the session that STS gave it to, else the root of the account that the
 * credentials file, or the key itself, names. Without a key, the root of the default account.
 *
 * @throws FrameworkError ExpiredTokenException
 */
export async function principalOf(
  { database, clock, credentials, defaults }: PrincipalSource,
  signed: { accessKeyId: string; region: string } | undefined,
): Promise<Principal> {
  const region = signed?.region || defaults.region
  if (!signed) return rootOf(defaults.accountId, region)
  const session = await database.read(({ sessions }) => sessions.find(signed.accessKeyId))
  if (session) {
    // Observed: AWS's front end.
    if (session.expiresAt <= clock.now())
      throw new FrameworkError(
        'ExpiredTokenException',
        'The security token included in the request is expired',
      )
    const { accountId, principalArn, userId } = session
    return { accountId, region, principalArn, userId }
  }
  const listed = credentials.get(signed.accessKeyId)
  return rootOf(listed?.accountId ?? accountOfAccessKey(signed.accessKeyId) ?? defaults.accountId, region)
}

function rootOf(accountId: string, region: string): Principal {
  return { accountId, region, principalArn: `arn:aws:iam::${accountId}:root`, userId: accountId }
}
