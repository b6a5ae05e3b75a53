import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openToken, sealToken } from '../../src/domain/authorization-token.ts'

const KEY = randomBytes(32)
const NOW = Date.parse('2026-11-25T10:00:00Z')
const CALLER = {
  accountId: '123456789012',
  region: 'eu-west-1',
  principalArn: 'arn:aws:iam::123456789012:root',
}

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64')
const envelopeOf = (password: string) => JSON.parse(Buffer.from(password, 'base64').toString())

describe('openToken', () => {
  it('finds who and until when, in whole seconds', () => {
    const caller = fc.record({
      accountId: fc.stringMatching(/^[0-9]{12}$/),
      region: fc.stringMatching(/^[a-z0-9-]{2,25}$/),
      principalArn: fc.string({ unit: 'grapheme' }),
    })
    fc.assert(
      fc.property(caller, fc.integer({ min: NOW + 1000, max: NOW * 2 }), (who, expiresAt) => {
        const opened = openToken(KEY, sealToken(KEY, who, expiresAt), NOW)
        expect(opened).toEqual({
          kind: 'valid',
          caller: who,
          expiresAt: Math.floor(expiresAt / 1000) * 1000,
        })
      }),
    )
  })

  it('keeps nothing else of the caller', () => {
    const password = sealToken(KEY, { ...CALLER, secret: 'x' } as typeof CALLER, NOW + 1000)
    expect(openToken(KEY, password, NOW)).toEqual({ kind: 'valid', caller: CALLER, expiresAt: NOW + 1000 })
  })

  it.each([
    [-1, 'valid'],
    [0, 'expired'],
    [1, 'expired'],
  ])('%i ms after its end: %s', (late, kind) => {
    const password = sealToken(KEY, CALLER, NOW)
    expect(openToken(KEY, password, NOW + late).kind).toBe(kind)
  })

  it('refuses a password of which one character was altered, lost or added', () => {
    const password = sealToken(KEY, CALLER, NOW + 1000)
    const position = fc.nat(password.length - 1)
    const character = fc.constantFrom(...'AZaz09+/=-_ ')
    fc.assert(
      fc.property(position, character, (at, other) => {
        const [before, after] = [password.slice(0, at), password.slice(at + 1)]
        const altered = [before + after, before + other + password.slice(at)]
        if (other !== password[at]) altered.push(before + other + after)
        for (const each of altered) expect(openToken(KEY, each, NOW)).toEqual({ kind: 'refused' })
      }),
      { numRuns: 300 },
    )
  })

  it('refuses one of another key', () => {
    const password = sealToken(randomBytes(32), CALLER, NOW + 1000)
    expect(openToken(KEY, password, NOW)).toEqual({ kind: 'refused' })
  })

  it.each([
    ['a later end', { expiration: NOW }],
    ['no end', { expiration: undefined }],
    ['an end that is no number', { expiration: 'soon' }],
    ['another account', { payload: base64({ ...CALLER, accountId: '999988887777' }) }],
    ['no region', { payload: base64({ ...CALLER, region: undefined }) }],
    ['no payload', { payload: undefined }],
    ['a payload that is no text', { payload: 7 }],
    ['another version', { version: '3' }],
    ['one more member', { more: 1 }],
  ])('refuses an envelope with %s', (_, change) => {
    const password = sealToken(KEY, CALLER, NOW + 1000)
    const altered = base64({ ...envelopeOf(password), ...change })
    expect(openToken(KEY, altered, NOW)).toEqual({ kind: 'refused' })
  })

  it('makes no bytes of an envelope that only says how many there are', () => {
    const begun = performance.now()
    expect(openToken(KEY, base64({ payload: { length: 500_000_000 } }), NOW)).toEqual({ kind: 'refused' })
    expect(performance.now() - begun).toBeLessThan(500)
  })

  it('refuses whatever was never sealed', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map((text) => Buffer.from(text).toString('base64')),
        ),
        (text) => {
          expect(openToken(KEY, text, NOW)).toEqual({ kind: 'refused' })
        },
      ),
    )
  })
})
