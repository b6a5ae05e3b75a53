import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type ExclusionFilter,
  isTagMutable,
  matchesWildcard,
  mutabilityFault,
} from '../../src/rules/tag-mutability.ts'

const wildcards = (...filters: string[]): ExclusionFilter[] =>
  filters.map((filter) => ({ filterType: 'WILDCARD', filter }))

const unit = fc.constantFrom(...'ab.-')
const tag = fc.string({ unit, minLength: 1, maxLength: 10 })
const pattern = fc.string({ unit: fc.oneof(unit, fc.constant('*')), minLength: 1, maxLength: 6 })

describe('matchesWildcard', () => {
  it.each([
    ['latest', 'latest', true],
    ['latest', 'late', false],
    ['latest', 'test', false],
    ['latest', '*', true],
    ['', '*', true],
    ['latest', 'late*', true],
    ['late', 'late*', true],
    ['latest', '*test', true],
    ['latest', '*tes', false],
    ['aa', 'a*a', true],
    ['a', 'a*a', false],
    ['abcab', 'ab*ab', true],
    ['ab', 'ab*b', false],
    ['v1.2.3', 'v*.*', true],
    ['v1', 'v*.*', false],
    ['xabcx', '*abc*', true],
    ['1x0', '1.0', false],
    ['Latest', 'latest', false],
    ['a', '**', true],
  ])('%j against %j: %s', (text, filter, fits) => {
    expect(matchesWildcard(text, filter)).toBe(fits)
  })

  it('agrees with the regular expression over the whole text', () => {
    fc.assert(
      fc.property(tag, pattern, (text, filter) => {
        const source = filter.replaceAll('.', '\\.').replaceAll('*', '.*')
        expect(matchesWildcard(text, filter)).toBe(new RegExp(`^${source}$`).test(text))
      }),
      { numRuns: 1000 },
    )
  })
})

describe('isTagMutable', () => {
  it.each([
    ['MUTABLE', true, true],
    ['IMMUTABLE', false, false],
    ['MUTABLE_WITH_EXCLUSION', false, true],
    ['IMMUTABLE_WITH_EXCLUSION', true, false],
  ] as const)('%s: %s for a tag that a filter fits, %s for another', (mutability, fitting, other) => {
    const exclusions = wildcards('release', 'dev-*')
    expect(isTagMutable('dev-1', mutability, exclusions)).toBe(fitting)
    expect(isTagMutable('dev', mutability, exclusions)).toBe(other)
  })

  it('says the opposite with an exclusion from one mode to the other', () => {
    fc.assert(
      fc.property(tag, fc.array(pattern, { minLength: 1, maxLength: 5 }), (text, filters) => {
        const exclusions = wildcards(...filters)
        expect(isTagMutable(text, 'MUTABLE_WITH_EXCLUSION', exclusions)).toBe(
          !isTagMutable(text, 'IMMUTABLE_WITH_EXCLUSION', exclusions),
        )
      }),
    )
  })
})

describe('mutabilityFault', () => {
  const member = 'imageTagMutabilityExclusionFilters'

  it.each([
    ['MUTABLE', undefined],
    ['IMMUTABLE', undefined],
    ['MUTABLE_WITH_EXCLUSION', wildcards('*')],
    ['IMMUTABLE_WITH_EXCLUSION', wildcards('a*b*', '**', 'c')],
  ] as const)('finds none in %s with %j', (mutability, exclusions) => {
    expect(mutabilityFault(mutability, exclusions)).toBeUndefined()
  })

  it.each([
    ['MUTABLE_WITH_EXCLUSION', undefined, member, /can't be null when .* set as MUTABLE_WITH_EXCLUSION$/],
    ['IMMUTABLE_WITH_EXCLUSION', undefined, member, /can't be null when .* set as IMMUTABLE_WITH_EXCLUSION$/],
    ['MUTABLE', wildcards('v*'), member, /are not allowed when .* set to MUTABLE$/],
    ['IMMUTABLE', wildcards('v*'), member, /are not allowed when .* set to IMMUTABLE$/],
    ['MUTABLE_WITH_EXCLUSION', wildcards('a', '***'), `${member}.2.member.filter`, /at most 2 wildcards/],
  ] as const)('finds one in %s with %j', (mutability, exclusions, where, constraint) => {
    expect(mutabilityFault(mutability, exclusions)).toEqual({
      member: where,
      constraint: expect.stringMatching(constraint),
    })
  })
})
