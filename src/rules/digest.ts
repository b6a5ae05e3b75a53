import { createHash } from 'node:crypto'

declare const digestBrand: unique symbol

/** `<algorithm>:<lower-case hex digits>`. Made only here, so holding one proves its form. */
export type Digest = string & { readonly [digestBrand]: true }

/** The algorithms that OCI image-spec registers (descriptor.md, "Registered algorithms"). */
export const digestAlgorithms = ['sha256', 'sha512'] as const

export type DigestAlgorithm = (typeof digestAlgorithms)[number]

/** How many hex digits a digest of each algorithm has. */
const HEX_DIGITS: Readonly<Record<DigestAlgorithm, number>> = { sha256: 64, sha512: 128 }

const DIGEST = new RegExp(
  `^(?:${digestAlgorithms.map((algorithm) => `${algorithm}:[0-9a-f]{${HEX_DIGITS[algorithm]}}`).join('|')})$`,
)

/** Any digest that the grammar of OCI image-spec "Digests" admits, of whatever algorithm. */
const ANY_ALGORITHM = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/

/** The digest that `text` spells, or undefined when it is none of a registered algorithm. */
export function parseDigest(text: string): Digest | undefined {
  return DIGEST.test(text) ? (text as Digest) : undefined
}

/** Whether `text` has the shape of a digest, also of an algorithm that is not served here. */
export function isDigestShaped(text: string): boolean {
  return ANY_ALGORITHM.test(text)
}

export function isDigestAlgorithm(text: string): text is DigestAlgorithm {
  return (digestAlgorithms as readonly string[]).includes(text)
}

/** How digests of an algorithm are written, for people. */
export function formOf(algorithm: DigestAlgorithm): string {
  return `${algorithm}:<${HEX_DIGITS[algorithm]} hexadecimal digits>`
}

/** The digest of bytes that are whole in memory (manifests; blobs are hashed while they stream). */
export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return digestFromHex(createHash(algorithm).update(bytes).digest('hex'), algorithm)
}

/** The digest whose hash is `hex`: lower-case digits, as node:crypto prints them. */
export function digestFromHex(hex: string, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return `${algorithm}:${hex}` as Digest
}

/** The hex digits behind the colon. */
export function hexOf(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1)
}

export function algorithmOf(digest: Digest): DigestAlgorithm {
  return digest.slice(0, digest.indexOf(':')) as DigestAlgorithm
}
