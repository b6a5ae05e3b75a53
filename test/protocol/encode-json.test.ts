import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeJson } from '../../src/protocol/json.ts'

describe('encodeJson', () => {
  it.each([
    ['keys in alphabetical order, numbers too', { b: 1, a: 2, 9: 3, 10: 4 }, '{"10":4,"9":3,"a":2,"b":1}'],
    ['no member that is absent', { a: undefined, b: { c: undefined } }, '{"b":{}}'],
    ['times as epoch seconds', { at: new Date(1_700_000_000_123) }, '{"at":1700000000.123}'],
    ['times in a list', [new Date(5000)], '[5]'],
    ['bytes as base64', { blob: Buffer.from('<?>') }, '{"blob":"PD8+"}'],
    ['a list of all kinds', [1, 'a', true, null, [], [[]], {}], '[1,"a",true,null,[],[[]],{}]'],
    [
      'structures of one list that differ',
      [{ b: 1, a: 2 }, { b: 3, a: 4 }, { b: 5 }, { c: 7, a: undefined }, { a: 6, b: 7 }],
      '[{"a":2,"b":1},{"a":4,"b":3},{"b":5},{"c":7},{"a":6,"b":7}]',
    ],
  ])('writes %s', (_what, value, text) => {
    expect(encodeJson(value)).toBe(text)
  })

  it.each([
    '',
    '"',
    '\\',
    '/',
    '\n',
    '\u0000',
    '\u001f',
    '\u007f',
    '\u2028',
    'é',
    '😀',
    '\ud83d',
    '\udc00',
    '<>&',
  ])('writes %j as JSON does, short or long', (text) => {
    for (const each of [text, `a${text}b`, text.repeat(300)])
      expect(encodeJson(each)).toBe(JSON.stringify(each))
  })

  it('writes what reads as the same value, with the keys of each structure in order', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary', maxDepth: 3 }), (value) => {
        const text = encodeJson(value)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
        // Written once more it is the same: no order depends on that of the members.
        expect(encodeJson(JSON.parse(text))).toBe(text)
      }),
    )
  })
})
