import { createPublicKey, type JsonWebKey, verify } from 'node:crypto'

interface Signature {
  readonly header: { readonly alg: string; readonly jwk: JsonWebKey & { readonly kid: string } }
  readonly signature: string
  readonly protected: string
}

/**
 * What a client does with a signed manifest of schema 1: finds the text that was signed, which is all but the
 * signatures, and holds the signature against it. Answers the signed manifest.
 */
// biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect of it
export function verifiedSchema1(text: string): any {
  const [signature] = JSON.parse(text).signatures as [Signature]
  const { formatLength, formatTail } = JSON.parse(`${Buffer.from(signature.protected, 'base64url')}`)
  const tail = Buffer.from(formatTail, 'base64url')
  const payload = Buffer.concat([Buffer.from(text).subarray(0, formatLength), tail])
  const signed = Buffer.from(`${signature.protected}.${payload.toString('base64url')}`)
  const key = createPublicKey({ key: signature.header.jwk, format: 'jwk' })
  const bytes = Buffer.from(signature.signature, 'base64url')
  if (
    signature.header.alg !== 'ES256' ||
    !verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, bytes)
  )
    throw new Error('The signature does not fit')
  return JSON.parse(`${payload}`)
}
