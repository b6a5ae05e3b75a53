import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Caller } from './domain.ts'

/** A token opens the registry door for this long. */
export const TOKEN_LIFE_MILLISECONDS = 12 * 60 * 60 * 1000

/** What a password proved to be. */
export type Opened =
  /** `expiresAt` in epoch milliseconds. */
  | { readonly kind: 'valid'; readonly caller: Caller; readonly expiresAt: number }
  | { readonly kind: 'expired' }
  | { readonly kind: 'refused' }

/** The envelope of ECR's own passwords, as decoded tokens in public posts show it. */
interface Envelope {
  readonly payload: string
  readonly datakey: string
  readonly version: '2'
  readonly type: 'DATA_KEY'
  /** Epoch seconds. */
  readonly expiration: number
}

/**
 * The password of GetAuthorizationToken: base64 of ECR's envelope around who the caller is and until when,
 * sealed by the server's key.
 *
 * @param expiresAt epoch milliseconds; the token keeps whole seconds
 */
export function sealToken(key: Uint8Array, caller: Caller, expiresAt: number): string {
  const { accountId, region, principalArn, userId } = caller
  const expiration = Math.floor(expiresAt / 1000)
  const payload = Buffer.from(JSON.stringify({ accountId, region, principalArn, userId })).toString('base64')
  const datakey = createHmac('sha256', key).update(`${expiration}.${payload}`).digest('base64')
  const envelope: Envelope = { payload, datakey, version: '2', type: 'DATA_KEY', expiration }
  return Buffer.from(JSON.stringify(envelope)).toString('base64')
}

/**
 * Opens a password that `sealToken` made with the same key. Anything else is refused, whatever was altered:
 * the password is made again from what it says, and must be equal to the letter.
 *
 * @param now epoch milliseconds
 */
export function openToken(key: Uint8Array, password: string, now: number): Opened {
  const claimed = readClaims(password)
  if (!claimed) return { kind: 'refused' }
  const expected = Buffer.from(sealToken(key, claimed.caller, claimed.expiresAt))
  const given = Buffer.from(password)
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) return { kind: 'refused' }
  return claimed.expiresAt <= now ? { kind: 'expired' } : { kind: 'valid', ...claimed }
}

function readClaims(password: string): { caller: Caller; expiresAt: number } | undefined {
  try {
    const { payload, expiration } = parseBase64Json(password) as Partial<Envelope>
    // Of an object, Node makes as many bytes as its `length` says.
    if (typeof payload !== 'string') return undefined
    const caller = parseBase64Json(payload) as Partial<Caller>
    const { accountId, region, principalArn, userId } = caller
    if (typeof accountId !== 'string' || typeof region !== 'string' || typeof principalArn !== 'string')
      return undefined
    return {
      caller: { accountId, region, principalArn, userId },
      expiresAt: Number(expiration) * 1000,
    }
  } catch {
    return undefined
  }
}

function parseBase64Json(text: string): object {
  return Object(JSON.parse(Buffer.from(text, 'base64').toString('utf8')))
}
