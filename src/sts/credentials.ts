import { createHash, randomBytes } from 'node:crypto'
import type { Domain } from '../domain/domain.ts'
import type { Credentials } from '../generated/sts/types.ts'
import { temporaryAccessKey } from '../protocol/account-of-key.ts'
import type { Session } from '../store/database.ts'

/** Bytes of a session token; AWS's own are some hundred characters long. */
const SESSION_TOKEN_BYTES = 240

/** Expired credentials stay known for so long, to be refused as such: an unknown key would be taken for good. */
const KEPT_EXPIRED_MILLISECONDS = 30 * 24 * 60 * 60 * 1000

/** Makes temporary credentials that the server knows until they expire. */
export async function issueCredentials(
  { database, clock }: Domain,
  principal: Pick<Session, 'accountId' | 'principalArn' | 'userId'>,
  durationSeconds: number,
): Promise<Credentials> {
  const now = clock.now()
  const session: Session = {
    ...principal,
    accessKeyId: temporaryAccessKey(principal.accountId, randomBytes(5)),
    secretAccessKey: randomBytes(30).toString('base64'),
    sessionToken: randomBytes(SESSION_TOKEN_BYTES).toString('base64'),
    expiresAt: now + durationSeconds * 1000,
  }
  await database.write(async ({ sessions }) => {
    await sessions.deleteExpired(now - KEPT_EXPIRED_MILLISECONDS)
    await sessions.insert(session)
  })
  return {
    AccessKeyId: session.accessKeyId,
    SecretAccessKey: session.secretAccessKey,
    SessionToken: session.sessionToken,
    Expiration: new Date(session.expiresAt),
  }
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** The unique id of a role: always the same for the same ARN (IAM identifiers, "Unique identifiers"). */
export function roleIdOf(roleArn: string): string {
  const bytes = createHash('sha256').update(roleArn).digest().subarray(0, 17)
  return `AROA${[...bytes].map((byte) => BASE32[byte % BASE32.length]).join('')}`
}
