import type { Clock } from '../domain/clock.ts'
import { accountOfAccessKey, isTemporaryAccessKey } from '../protocol/account-of-key.ts'
import type { SignedRequest } from '../protocol/canonical-request.ts'
import { credentialOf } from '../protocol/credentials.ts'
import type { StaticCredentials } from '../protocol/credentials-file.ts'
import { FrameworkError } from '../protocol/errors.ts'
import { verifySignature } from '../protocol/signature.ts'
import type { Registry } from '../rules/registry.ts'
import type { Database, Session } from '../store/database.ts'
import type { Principal } from '../sts/operation.ts'

/** Regions stand in ARNs, links and file names: any other text is refused, signed or not. */
const REGION = /^[a-z0-9-]{2,25}$/

export interface PrincipalSource {
  readonly database: Database
  readonly clock: Clock
  /** The machine's own time, by which clients sign, whatever the server's clock says; epoch milliseconds. */
  readonly machine: () => number
  /** Credentials of the file, by access key. */
  readonly credentials: ReadonlyMap<string, StaticCredentials>
  readonly defaults: Registry
  /** `open` takes anybody's word for who they are; `strict` has signatures verified. */
  readonly auth: 'open' | 'strict'
}

/**
 * Who calls: by the access key of the signature the session that STS gave it to, else the root of the account
 * that the credentials file, or the key itself, names. Without a key, the root of the default account.
 *
 * @param service that the signature's scope must name
 * @throws FrameworkError
 */
export async function principalOf(
  source: PrincipalSource,
  request: SignedRequest,
  service: string,
): Promise<Principal> {
  const { database, clock, machine, credentials, defaults, auth } = source
  const signed = credentialOf(request.headers.authorization?.[0], request.url)
  const session =
    signed && isTemporaryAccessKey(signed.accessKeyId)
      ? await database.read(({ sessions }) => sessions.find(signed.accessKeyId))
      : undefined
  if (auth === 'strict') {
    const keyOf = (accessKeyId: string) =>
      session?.accessKeyId === accessKeyId ? session : credentials.get(accessKeyId)
    verifySignature(request, { service, now: machine(), keyOf })
  }
  const region = signed?.region ?? defaults.region
  if (!REGION.test(region))
    throw new FrameworkError('InvalidSignatureException', 'Credential should be scoped to a valid region. ')
  if (!signed) return rootOf(defaults.accountId, region)
  if (session) return principalOfSession(session, region, clock.now())
  const listed = credentials.get(signed.accessKeyId)?.accountId
  return rootOf(listed ?? accountOfAccessKey(signed.accessKeyId) ?? defaults.accountId, region)
}

function principalOfSession(session: Session, region: string, now: number): Principal {
  // Observed: AWS's front end.
  if (session.expiresAt <= now)
    throw new FrameworkError('ExpiredTokenException', 'The security token included in the request is expired')
  const { accountId, principalArn, userId } = session
  return { accountId, region, principalArn, userId }
}

function rootOf(accountId: string, region: string): Principal {
  return { accountId, region, principalArn: `arn:aws:iam::${accountId}:root`, userId: accountId }
}
