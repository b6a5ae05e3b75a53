// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so are variables of policies written
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fillIn, matchesWildcards } from '../../../src/rules/policy/wildcards.ts'

const unit = fc.constantFrom(...'ab:/')
const text = fc.string({ unit, maxLength: 12 })
const pattern = fc.string({ unit: fc.oneof(unit, fc.constantFrom('*', '?')), maxLength: 8 })

describe('matchesWildcards', () => {
  it.each([
    ['', '', true],
    ['', 'a', false],
    ['*', '', true],
    ['?', '', false],
    ['?', 'a', true],
    ['ecr:Get*', 'ecr:GetRepositoryPolicy', true],
    ['ecr:Get*', 'ecr:PutImage', false],
    ['ecr:*Image', 'ecr:BatchGetImage', true],
    ['ecr:*Image', 'ecr:DescribeImages', false],
    ['a*b*c', 'aXbbYc', true],
    ['a*b?', 'abab', false],
    ['a*?b', 'ab', false],
    ['A', 'a', false],
    ['a.c', 'abc', false],
  ])('%j fits %j: %s', (wildcards, whole, fits) => {
    expect(matchesWildcards(wildcards, whole)).toBe(fits)
  })

  it('says what the regular expression says', () => {
    fc.assert(
      fc.property(pattern, text, (wildcards, whole) => {
        const expression = wildcards.replaceAll('*', '.*').replaceAll('?', '.')
        expect(matchesWildcards(wildcards, whole)).toBe(new RegExp(`^${expression}$`, 's').test(whole))
      }),
      { numRuns: 2000 },
    )
  })

  it('fits a text of which any part became a star', () => {
    fc.assert(
      fc.property(text, fc.nat(12), fc.nat(12), (whole, from, length) => {
        const wildcards = `${whole.slice(0, from)}*${whole.slice(from + length)}`
        expect(matchesWildcards(wildcards, whole)).toBe(true)
      }),
    )
  })
})

describe('fillIn', () => {
  const variables = (key: string) => ({ 'aws:username': 'ann', 'aws:userid': 'a*b?' })[key]

  it.each([
    ['none', 'none'],
    ['team/${aws:username}/*', 'team/ann/*'],
    ['${AWS:UserName}-${aws:username}', 'ann-ann'],
    ["${aws:username, 'nobody'}", 'ann'],
    ["${aws:PrincipalTag/team, 'nobody'}", 'nobody'],
    ['${aws:PrincipalTag/team}', undefined],
    ['${*}${?}${$}', '*?$'],
    ['${aws:userid}', 'a*b?'],
    ["${aws:username, ''}", 'ann'],
    ["${aws:PrincipalTag/team,''}", ''],
    ['${aws:username, nobody}', undefined],
    ['${unfinished', '${unfinished'],
  ])('makes %j %j', (template, filled) => {
    expect(fillIn(template, variables, 'text')).toBe(filled)
  })

  it('leaves the text of policies that have no variables', () => {
    expect(fillIn("${aws:username} ${*} ${none, 'default'}", undefined, 'text')).toBe(
      "${aws:username} ${*} ${none, 'default'}",
    )
  })

  it('reads a text of nothing but openings once', () => {
    const openings = '${'.repeat(200_000)
    expect(fillIn(openings, variables, 'text')).toBe(openings)
    expect(fillIn(`\${${' '.repeat(200_000)}x}`, variables, 'text')).toBeUndefined()
  })

  it.each([
    ['${aws:userid}', 'a*b?', true],
    ['${aws:userid}', 'aXbX', false],
    ['x${*}', 'x*', true],
    ['x${*}', 'xx', false],
    ['${aws:username}*', 'anna', true],
  ])('lets no value bring wildcards into a pattern: %j fits %j: %s', (template, whole, fits) => {
    expect(matchesWildcards(fillIn(template, variables, 'pattern') ?? '', whole)).toBe(fits)
  })
})
