import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InvalidPolicy, minified, parsePolicy, type Rule } from '../../src/lifecycle/policy.ts'
import { archive, expire, policyText } from '../support/lifecycle.ts'

const VALIDATION = 'Lifecycle policy validation failure: '
const UNMAPPABLE = 'Lifecycle policy parsing failure: Could not map policyString into LifecyclePolicy.'
const NONE_OF_TWO = 'instance failed to match exactly one schema (matched 0 out of 2)'

/** What is said of a policy of one rule, from which members are taken or changed. */
const rule = (changes: object) => ({ ...expire(1, {}), ...changes })
const selection = (changes: object) => rule({ selection: { ...expire(1, {}).selection, ...changes } })
const action = (changes: object) => rule({ action: { ...archive(1, {}).action, ...changes } })
const pushed = { countType: 'sinceImagePushed', countUnit: 'days' }
const missing = (...names: string[]) =>
  `object has missing required properties ([${names.map((name) => `"${name}"`).join(', ')}])`
const unknown = (name: string) =>
  `object instance has properties which are not allowed by the schema: (["${name}"])`
const typed = (found: string, wanted: string) =>
  `instance type (${found}) does not match any allowed primitive type (allowed: ["${wanted}"])`

function textOf(rules: unknown): string {
  return JSON.stringify({ rules })
}

describe('parsePolicy', () => {
  it('takes the whole grammar, and puts the rules in the order of their priority', () => {
    const rules = [
      expire(90, {}),
      expire(1, { tagPrefixList: ['v', 'rc'], countNumber: 1000 }),
      { ...expire(2, { tagPatternList: ['*a*b*c*'], countType: 'sinceImagePushed' }), description: 'old' },
      expire(7, { tagStatus: 'untagged', storageClass: 'standard' }),
      archive(3, { tagPrefixList: ['rc'], countType: 'sinceImagePulled' }),
      expire(5, { countType: 'sinceImageTransitioned', storageClass: 'archive', countNumber: 90 }),
      expire(4, {
        tagStatus: 'untagged',
        countType: 'sinceImageTransitioned',
        storageClass: 'archive',
        countNumber: 365,
      }),
    ]
    const sorted = [1, 2, 3, 4, 5, 7, 90].map((priority) =>
      rules.find(({ rulePriority }) => rulePriority === priority),
    )
    expect(parsePolicy(policyText(...rules))).toEqual({ rules: sorted })
  })

  it.each([['{'], [''], ['[]'], ['null'], ['"rules"'], ['{"rules":[]}trailing']])(
    'can not map %j',
    (text) => {
      expect(() => parsePolicy(text)).toThrow(new InvalidPolicy(UNMAPPABLE))
    },
  )

  it('can not map a transition to nowhere', () => {
    const { targetStorageClass: _, ...nowhere } = action({}).action as Record<string, unknown>
    expect(() => parsePolicy(textOf([rule({ action: nowhere })]))).toThrow(new InvalidPolicy(UNMAPPABLE))
  })

  it.each([
    ['a priority', (number: number) => rule({ rulePriority: number })],
    ['a count', (number: number) => selection({ countNumber: number })],
  ])('can not map %s of more than 32 bits', (_, ruleOf) => {
    expect(parsePolicy(textOf([ruleOf(2 ** 31 - 1)])).rules).toHaveLength(1)
    for (const number of [2 ** 31, 1e300])
      expect(() => parsePolicy(textOf([ruleOf(number)]))).toThrow(new InvalidPolicy(UNMAPPABLE))
  })

  it.each([
    [{}, missing('rules')],
    [{ Rules: [] }, missing('rules')],
    [{ rules: [rule({})], version: 1 }, unknown('version')],
    [{ rules: {} }, typed('object', 'array')],
  ])('says of the document %j: %s', (document, reason) => {
    expect(() => parsePolicy(JSON.stringify(document))).toThrow(new InvalidPolicy(VALIDATION + reason))
  })

  it.each([
    ['no rules', [], 'array is too short: must have at least 1 elements but instance has 0 elements'],
    [
      '51 rules',
      Array.from({ length: 51 }, (_, index) => rule({ rulePriority: index + 1 })),
      'array is too long: must have at most 50 elements but instance has 51 elements',
    ],
    ['a text', ['rule'], typed('string', 'object')],
    ['null', [null], typed('null', 'object')],
    ['an empty rule', [{}], missing('action', 'rulePriority', 'selection')],
    ['another member', [rule({ enabled: true })], unknown('enabled')],
    ['a description that is no text', [rule({ description: 1 })], typed('integer', 'string')],
    ['a priority that is a text', [rule({ rulePriority: '1' })], typed('string', 'integer')],
    ['a broken priority', [rule({ rulePriority: 1.5 })], typed('number', 'integer')],
    [
      'priority 0',
      [rule({ rulePriority: 0 })],
      'numeric instance is lower than the required minimum (minimum: 1, found: 0)',
    ],
    ['an empty action', [rule({ action: {} })], missing('type')],
    ['no action', [rule({ action: null })], typed('null', 'object')],
    [
      'another action',
      [rule({ action: { type: 'delete' } })],
      'instance value (delete) not found in enum :(possible values: ["expire", "transition"])',
    ],
    ['an action that is null', [rule({ action: { type: null } })], NONE_OF_TWO],
    ['a member of the action', [action({ to: 'archive' })], unknown('to')],
    [
      'another class to go to',
      [action({ targetStorageClass: 'glacier' })],
      'instance value (glacier) not found in enum :(possible values: ["archive"])',
    ],
    [
      'an expiry with a class that is null (terraform-aws-ecr#158)',
      [action({ type: 'expire', targetStorageClass: null })],
      NONE_OF_TWO,
    ],
    ['an expiry with a class', [action({ type: 'expire' })], NONE_OF_TWO],
    ['an empty selection', [rule({ selection: {} })], missing('countNumber', 'countType', 'tagStatus')],
    ['a member of the selection', [selection({ tags: [] })], unknown('tags')],
    [
      'another tag status',
      [selection({ tagStatus: 'TAGGED' })],
      'instance value (TAGGED) not found in enum :(possible values: ["any", "tagged", "untagged"])',
    ],
    ['a tag status that is null', [selection({ tagStatus: null })], NONE_OF_TWO],
    ['another count type', [selection({ countType: 'imageCountLessThan' })], NONE_OF_TWO],
    ['a count type that is null', [selection({ countType: null })], NONE_OF_TWO],
    ['a unit that counts no days', [selection({ countUnit: 'days' })], NONE_OF_TWO],
    ['a unit that is null', [selection({ countUnit: null })], NONE_OF_TWO],
    ['days without a unit', [selection({ countType: 'sinceImagePushed' })], NONE_OF_TWO],
    [
      'another unit',
      [selection({ ...pushed, countUnit: 'hours' })],
      'instance value (hours) not found in enum :(possible values: ["days"])',
    ],
    [
      'a number of 0',
      [selection({ countNumber: 0 })],
      'numeric instance is lower than the required minimum (minimum: 1, found: 0)',
    ],
    ['a number that is a text', [selection({ countNumber: '1' })], typed('string', 'integer')],
    ['a number that is null', [selection({ countNumber: null })], NONE_OF_TWO],
    [
      'another class',
      [selection({ storageClass: 'ARCHIVE' })],
      'instance value (ARCHIVE) not found in enum :(possible values: ["archive", "standard"])',
    ],
    ['prefixes that are a text', [selection({ tagPrefixList: 'v' })], typed('string', 'array')],
    ['a prefix that is no text', [selection({ tagPrefixList: [1] })], typed('integer', 'string')],
    [
      'no patterns',
      [selection({ tagPatternList: [] })],
      'array is too short: must have at least 1 elements but instance has 0 elements',
    ],
    [
      'an empty prefix',
      [selection({ tagPrefixList: ['v', ''] })],
      'string "" is too short (length: 0, required minimum: 1)',
    ],
  ])('says of %s: %j', (_, rules, reason) => {
    expect(() => parsePolicy(textOf(rules))).toThrow(new InvalidPolicy(VALIDATION + reason))
  })

  const untagged = (priority: number, changes = {}) => expire(priority, { tagStatus: 'untagged', ...changes })
  const transitioned = { countType: 'sinceImageTransitioned', storageClass: 'archive' } as const
  const inArchive = (priority: number, changes = {}) =>
    expire(priority, { ...transitioned, countNumber: 90, ...changes })
  const sameTags = 'Two rules cannot specify the same tagPrefixList or tagPatternList per storage class'
  const lastAny = 'Rule for tagStatus=ANY must have the lowest priority per storage class'

  it.each<[what: string, rules: Rule[], reason: string]>([
    [
      'two rules of one priority',
      [untagged(1), expire(1, { tagPrefixList: ['v'] })],
      'Duplicate priority in multiple rules',
    ],
    [
      'two rules for untagged images',
      [untagged(1), untagged(2)],
      'Only one rule can select Untagged images per storage class.',
    ],
    [
      'two for untagged images of the archive',
      [untagged(3), inArchive(1, { tagStatus: 'untagged' }), inArchive(2, { tagStatus: 'untagged' })],
      'Only one rule can select Untagged images per storage class.',
    ],
    ['two rules for any image', [expire(1, {}), expire(2, {})], 'Only one rule can specify tagStatus=ANY'],
    ['one for any image before another', [expire(1, {}), untagged(2)], lastAny],
    [
      'one for any image of the archive before another',
      [inArchive(2), inArchive(3, { tagStatus: 'untagged' })],
      lastAny,
    ],
    [
      'tagged images without a list',
      [expire(1, { tagStatus: 'tagged' })],
      'Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED.',
    ],
    [
      'both lists',
      [expire(1, { tagPrefixList: ['v'], tagPatternList: ['v*'] })],
      'If policy has a tagged rule, it must specify only one of tagPrefixList or tagPatternList',
    ],
    [
      'prefixes of untagged images',
      [untagged(1, { tagPrefixList: ['v'] })],
      'Cannot specify tagPrefixList with tagStatus untagged',
    ],
    [
      'patterns of any image',
      [expire(1, { tagPatternList: ['v'], tagStatus: 'any' })],
      'Cannot specify tagPatternList with tagStatus any',
    ],
    [
      'a pattern of five wildcards',
      [expire(1, { tagPatternList: ['a', '*a*b*c*d*'] })],
      'Invalid tag pattern provided',
    ],
    ['the same prefixes twice', [tagged(1, 'a', 'b'), tagged(2, 'b', 'a', 'b')], sameTags],
    [
      'the same patterns twice',
      [expire(1, { tagPatternList: ['a'] }), expire(2, { tagPatternList: ['a'] })],
      sameTags,
    ],
    [
      'a count in the archive',
      [expire(1, { storageClass: 'archive' })],
      'SINCE_IMAGE_PUSHED, SINCE_IMAGE_PULLED and IMAGE_COUNT_MORE_THAN support the STANDARD storage class only',
    ],
    [
      'an expiry of what was not pulled',
      [expire(1, { countType: 'sinceImagePulled' })],
      'SINCE_IMAGE_PULLED supports the TRANSITION action only',
    ],
    [
      'days in the archive of what is not there',
      [expire(1, { countType: 'sinceImageTransitioned', countNumber: 90 })],
      'SINCE_IMAGE_TRANSITIONED supports the ARCHIVE storage class only',
    ],
    [
      'a transition within the archive',
      [archive(1, { ...transitioned, countNumber: 90 })],
      'SINCE_IMAGE_TRANSITIONED supports the EXPIRE action only',
    ],
    [
      'less than 90 days in the archive',
      [inArchive(1, { countNumber: 89 })],
      'SINCE_IMAGE_TRANSITIONED requires a countNumber of at least 90',
    ],
  ])('refuses %s', (_, rules, reason) => {
    expect(() => parsePolicy(policyText(...rules))).toThrow(new InvalidPolicy(VALIDATION + reason))
  })

  it('takes rules that differ only in their storage class, or in the kind of their list', () => {
    const rules = [
      untagged(1),
      inArchive(2, { tagStatus: 'untagged' }),
      tagged(3, 'a'),
      expire(4, { tagPatternList: ['a'] }),
      inArchive(5, { tagPrefixList: ['a'], tagStatus: 'tagged' }),
      expire(6, {}),
      inArchive(7),
    ]
    expect(parsePolicy(policyText(...rules))).toEqual({ rules })
  })

  it('throws nothing but InvalidPolicy', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.json().map((text) => `{"rules":[${text}]}`),
        ),
        (text) => {
          expect(() => parsePolicy(text)).toThrow(/^Lifecycle policy (validation|parsing) failure: /)
        },
      ),
    )
  })
})

function tagged(priority: number, ...tagPrefixList: string[]): Rule {
  return expire(priority, { tagPrefixList })
}

describe('minified', () => {
  it('leaves out what stands between tokens, and keeps the order of members', () => {
    expect(minified(' { "b" : [ 1, "a  b" ],\r\n\t"a" : null } ')).toBe('{"b":[1,"a  b"],"a":null}')
  })
})
