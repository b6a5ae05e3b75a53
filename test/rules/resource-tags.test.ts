import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isResourceTagKey, isResourceTagValue, mergeResourceTags } from '../../src/rules/resource-tags.ts'

describe('isResourceTagKey', () => {
  it.each(['k', 'k'.repeat(128), 'a b', 'チーム', 'a+b-c=d.e_f:g/h@i', 'aws', 'myaws:x'])(
    'accepts %j',
    (key) => {
      expect(isResourceTagKey(key)).toBe(true)
    },
  )

  it.each(['', 'k'.repeat(129), 'aws:', 'aws:stack', 'AWS:x', 'Aws:x', 'a,b', 'a*', 'a\n', '🦀'])(
    'refuses %j',
    (key) => {
      expect(isResourceTagKey(key)).toBe(false)
    },
  )
})

describe('isResourceTagValue', () => {
  it.each(['', 'v'.repeat(256), 'aws:is fine here', 'ä 1+1=2'])('accepts %j', (value) => {
    expect(isResourceTagValue(value)).toBe(true)
  })

  it.each(['v'.repeat(257), 'a;b', '{}', 'a\tb'])('refuses %j', (value) => {
    expect(isResourceTagValue(value)).toBe(false)
  })
})

describe('mergeResourceTags', () => {
  const tags = fc.array(
    fc.record({ key: fc.constantFrom('a', 'B', 'b', 'ä', '10', '9'), value: fc.string() }),
    { maxLength: 8 },
  )

  it('has the last value of every key, each once, in the order of keys', () => {
    fc.assert(
      fc.property(tags, tags, (present, added) => {
        const merged = mergeResourceTags(present, added)
        const keys = merged.map(({ key }) => key)
        expect(keys).toEqual([...new Set([...present, ...added].map(({ key }) => key))].sort())
        for (const { key, value } of merged)
          expect(value).toBe([...present, ...added].findLast((tag) => tag.key === key)?.value)
      }),
    )
  })

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(tags, tags, (present, added) => {
        const once = mergeResourceTags(present, added)
        expect(mergeResourceTags(once, added)).toEqual(once)
      }),
    )
  })
})
