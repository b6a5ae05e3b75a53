import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  algorithmOf,
  digestAlgorithms,
  digestFromHex,
  digestOf,
  hexOf,
  isDigestShaped,
  parseDigest,
} from '../../src/rules/digest.ts'

const HEX = '0123456789abcdef'.repeat(4)

const hexDigits = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`))

describe('parseDigest', () => {
  it.each([
    ['sha256', 64],
    ['sha512', 128],
  ])('takes a %s in small letters, and only that', (algorithm, length) => {
    const digest = hexDigits(length).map((hex) => `${algorithm}:${hex}`)
    fc.assert(fc.property(digest, (text) => parseDigest(text) === text))
    fc.assert(
      fc.property(
        digest,
        fc.string({ minLength: 1 }),
        fc.nat({ max: length + 7 }),
        // One piece of text more, anywhere, makes it none.
        (text, more, at) => parseDigest(text.slice(0, at) + more + text.slice(at)) === undefined,
      ),
    )
  })

  it.each([
    '',
    'sha256:',
    HEX,
    `sha256:${HEX.slice(1)}`,
    `sha256:${HEX}0`,
    `sha256:${HEX.toUpperCase()}`,
    `SHA256:${HEX}`,
    `sha512:${HEX}`,
    `sha512:${HEX}${HEX}0`,
    `sha384:${HEX}${HEX.slice(32)}`,
    `sha256:${HEX.slice(1)}g`,
    `sha256:${HEX}\n`,
    ` sha256:${HEX}`,
    `sha256:../${HEX.slice(3)}`,
  ])('takes %j for none', (text) => {
    expect(parseDigest(text)).toBeUndefined()
  })
})

describe('isDigestShaped', () => {
  it.each([
    `sha256:${HEX}`,
    'sha512:00',
    'multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8',
    'a:b',
  ])('knows %s by its shape', (text) => {
    expect(isDigestShaped(text)).toBe(true)
  })

  it.each([
    'latest',
    'v1.0',
    `sha256-${HEX}`,
    ':',
    'sha256:',
    ':00',
    'SHA256:00',
    'a++b:00',
    'a:b:c',
    'a:b/c',
  ])('takes %j for none', (text) => {
    expect(isDigestShaped(text)).toBe(false)
  })

  it('takes no tag for a digest', () => {
    const tag = fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/)
    fc.assert(fc.property(tag, (text) => !isDigestShaped(text)))
  })
})

describe('digestOf', () => {
  it('is the SHA-256 of the bytes unless told otherwise', () => {
    const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
    expect(digestOf(Buffer.alloc(0))).toBe(`sha256:${empty}`)
    expect(digestFromHex(empty)).toBe(`sha256:${empty}`)
  })

  it.each(digestAlgorithms)('of %s can be taken apart', (algorithm) => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const hex = createHash(algorithm).update(bytes).digest('hex')
        const digest = digestOf(bytes, algorithm)
        expect(parseDigest(digest)).toBe(digest)
        expect([digest, algorithmOf(digest), hexOf(digest)]).toEqual([`${algorithm}:${hex}`, algorithm, hex])
        expect(digest).toBe(digestFromHex(hex, algorithm))
      }),
    )
  })
})
