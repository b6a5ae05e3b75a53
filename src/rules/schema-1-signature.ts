import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto'
import type { Schema1Manifest } from './schema-1.ts'

/** How Docker's registry prints these manifests; signatures count on it. */
const INDENT = 3

/** The text of a manifest without signatures. */
export function printSchema1(manifest: Schema1Manifest): string {
  return JSON.stringify(manifest, null, INDENT)
}

/**
 * The text of a manifest with a signature in it, in libtrust's form of a JSON Web Signature: the payload is
 * the text without the signatures, which is the first `formatLength` bytes of this one and `formatTail`.
 *
 * @param key a private key of the curve P-256
 * @param signedAt epoch milliseconds
 * @see https://github.com/distribution/distribution/blob/v2.8.3/docs/spec/manifest-v2-1.md#signed-manifests
 */
export function signSchema1(manifest: Schema1Manifest, key: KeyObject, signedAt: number): string {
  const payload = Buffer.from(printSchema1(manifest))
  const tail = Buffer.from('\n}')
  const protectedHeader = Buffer.from(
    JSON.stringify({
      formatLength: payload.length - tail.length,
      formatTail: tail.toString('base64url'),
      time: new Date(signedAt).toISOString().replace(/\.\d+Z$/, 'Z'),
    }),
  ).toString('base64url')
  const signature = sign('sha256', Buffer.from(`${protectedHeader}.${payload.toString('base64url')}`), {
    key,
    dsaEncoding: 'ieee-p1363',
  })
  const signatures = [
    {
      header: { jwk: publicJwk(key), alg: 'ES256' },
      signature: signature.toString('base64url'),
      protected: protectedHeader,
    },
  ]
  return JSON.stringify({ ...manifest, signatures }, null, INDENT)
}

function publicJwk(key: KeyObject): object {
  const publicKey = createPublicKey(key)
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' })
  return { crv, kid: fingerprint(publicKey), kty, x, y }
}

const BASE_32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** libtrust's id of a key, which it checks: 240 bits of its SHA-256 in twelve groups of base 32 (RFC 4648). */
function fingerprint(publicKey: KeyObject): string {
  const hash = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest()
  const bits = [...hash.subarray(0, 30)].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const letters = bits.replace(/.{5}/g, (five) => BASE_32.charAt(Number.parseInt(five, 2)))
  return letters.replace(/.{4}(?=.)/g, '$&:')
}
