import { describe, expect, it } from 'vitest'
import { hasRepeatedName } from '../../../src/rules/policy/tokens.ts'

describe('hasRepeatedName', () => {
  it.each([
    ['{"a":1,"a":2}', true],
    ['{"a":{"b":[{"c":1,"d":{},"c":2}]}}', true],
    [String.raw`{"a":1,"\u0061":2}`, true],
    ['{"__proto__":1,"__proto__":2}', true],
    ['{"a":{"a":1},"b":[{"a":1},{"a":2}]}', false],
    ['{"a":"a","A":"a","b":["a","a"]}', false],
    [String.raw`{"a:{\"a":1,"a":"\"a\":{"}`, false],
    ['"a"', false],
    ['{}', false],
  ])('%s: %s', (text, isSo) => {
    expect(hasRepeatedName(text)).toBe(isSo)
  })
})
