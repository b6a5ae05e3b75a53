import { createHmac, timingSafeEqual } from 'node:crypto'

const SEAL_BYTES = 16

/**
 * An opaque token for the next page of a list. It is worth something only for the same request: the same
 * caller's registry, operation and members but for the page's own.
 *
 * @param position where the next page begins, in the list's own terms
 */
export function sealPageToken(key: Uint8Array, request: string, position: unknown): string {
  const body = Buffer.from(JSON.stringify(position))
  return Buffer.concat([seal(key, request, body), body]).toString('base64url')
}

/** The position in a token that was made for the same request, else undefined. */
export function openPageToken(key: Uint8Array, request: string, token: string): unknown {
  const bytes = Buffer.from(token, 'base64url')
  if (bytes.length <= SEAL_BYTES || bytes.toString('base64url') !== token) return undefined
  const body = bytes.subarray(SEAL_BYTES)
  if (!timingSafeEqual(seal(key, request, body), bytes.subarray(0, SEAL_BYTES))) return undefined
  return JSON.parse(body.toString('utf8'))
}

function seal(key: Uint8Array, request: string, body: Uint8Array): Buffer {
  return createHmac('sha256', key).update(request).update('\0').update(body).digest().subarray(0, SEAL_BYTES)
}
