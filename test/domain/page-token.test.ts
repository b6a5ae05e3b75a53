import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openPageToken, sealPageToken } from '../../src/domain/page-token.ts'

const KEY = randomBytes(32)

/** What lists use as positions, and any other JSON. */
const position = fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer(), fc.jsonValue())
const request = fc.string().map((text) => JSON.stringify([text]))

describe('page tokens', () => {
  it('give the position back to the request that they were made for', () => {
    fc.assert(
      fc.property(request, position, (of, at) => {
        const token = sealPageToken(KEY, of, at)
        expect(token).toMatch(/^[A-Za-z0-9_-]+$/)
        expect(openPageToken(KEY, of, token)).toEqual(JSON.parse(JSON.stringify(at)))
      }),
    )
  })

  it('give nothing to another request, or with another key', () => {
    fc.assert(
      fc.property(request, request, position, (of, other, at) => {
        fc.pre(of !== other)
        const token = sealPageToken(KEY, of, at)
        expect(openPageToken(KEY, other, token)).toBeUndefined()
        expect(openPageToken(randomBytes(32), of, token)).toBeUndefined()
      }),
    )
  })

  it('give nothing when one character was altered, lost or added', () => {
    const token = sealPageToken(KEY, 'request', { after: 'team/app' })
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(...'AZaz09-_+/= '), (at, other) => {
        const [before, after] = [token.slice(0, at), token.slice(at + 1)]
        const altered = [before + after, before + other + token.slice(at)]
        if (other !== token[at]) altered.push(before + other + after)
        for (const each of altered) expect(openPageToken(KEY, 'request', each)).toBeUndefined()
      }),
      { numRuns: 300 },
    )
  })

  it('give nothing when they were never sealed', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
        expect(openPageToken(KEY, 'request', text)).toBeUndefined()
      }),
    )
  })
})
