import { createHash } from 'node:crypto'

declare const digestBrand: unique symbol

/** `sha256:` and 64 lower-case hex digits. Made only here, so holding one proves its form. */
export type Digest = string & { readonly [digestBrand]: true }

const SHA256 = /^sha256:[0-9a-f]{64}$/

/** Any digest that the grammar of OCI image-spec "Digests" admits, of whatever algorithm. */
const ANY_ALGORITHM = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/

/** The digest that `text` spells, or undefined when it is not a sha256 digest: ECR computes no other. */
export function parseDigest(text: string): Digest | undefined {
  return SHA256.test(text) ? (text as Digest) : undefined
}

/** Whether `text` has the shape of a digest, also of an algorithm that is not served here. */
export function isDigestShaped(text: string): boolean {
  return ANY_ALGORITHM.test(text)
}

/** The digest of bytes that are whole in memory (manifests; blobs are hashed while they stream). */
export function digestOf(bytes: Uint8Array): Digest {
  return digestFromHex(createHash('sha256').update(bytes).digest('hex'))
}

/** The digest whose SHA-256 is `hex` (64 lower-case digits, as node:crypto prints them). */
export function digestFromHex(hex: string): Digest {
  return `sha256:${hex}` as Digest
}

/** The 64 hex digits behind the colon. */
export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length)
}
