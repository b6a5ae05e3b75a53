import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inputSchema } from '../../src/generated/ecr/schemas.ts'
import { isImageTag, isOciTag, isRepositoryName } from '../../src/rules/names.ts'

const part = fc.stringMatching(/^[a-z0-9]{1,5}(?:(?:\.|_|__|-{1,4})[a-z0-9]{1,5}){0,3}$/)
const legalName = fc
  .array(part, { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join('/'))
  .filter((name) => name.length >= 2)
/** Texts that are nearly names. */
const text = fc.string({ unit: fc.constantFrom(...'ab09._-/AZ: \n'), maxLength: 12 })

describe('isRepositoryName', () => {
  it.each(['ab', '00', 'a.b', 'a_b', 'a__b', 'a--------b', 'a/b/c', 'team/blobs/uploads', 'a'.repeat(256)])(
    'accepts %j',
    (name) => {
      expect(isRepositoryName(name)).toBe(true)
    },
  )

  it.each([
    '',
    'a',
    'A1',
    'a.',
    '.a',
    'a/',
    '/a',
    'a//b',
    'a..b',
    'a___b',
    'a-_b',
    'a b',
    'ab\n',
    'é1',
    'a'.repeat(257),
  ])('refuses %j', (name) => {
    expect(isRepositoryName(name)).toBe(false)
  })

  it('accepts whatever is built of parts and single separators', () => {
    fc.assert(fc.property(legalName, isRepositoryName))
  })

  it('says of every text what the model says', () => {
    const schema = inputSchema('DescribeRepositories')
    fc.assert(
      fc.property(fc.oneof(text, legalName), (name) => {
        expect(isRepositoryName(name)).toBe(schema.safeParse({ repositoryNames: [name] }).success)
      }),
    )
  })
})

describe('tags', () => {
  it.each([
    ['latest', true, true],
    ['1.0_a-B', true, true],
    ['_hidden', true, true],
    ['.first', true, false],
    ['-first', true, false],
    ['t'.repeat(128), true, true],
    ['t'.repeat(129), true, false],
    ['t'.repeat(300), true, false],
    ['t'.repeat(301), false, false],
    ['', false, false],
    ['1.0+build', false, false],
    ['a/b', false, false],
    ['a:b', false, false],
    ['latest\n', false, false],
  ])('%j: %s for ECR, %s for OCI', (tag, ecr, oci) => {
    expect(isImageTag(tag)).toBe(ecr)
    expect(isOciTag(tag)).toBe(oci)
  })

  it('are good enough for ECR whenever they are for OCI', () => {
    fc.assert(fc.property(text, (tag) => !isOciTag(tag) || isImageTag(tag)))
  })
})
