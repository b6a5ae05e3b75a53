import { describe, expect, it } from 'vitest'
import { prefixesOf } from '../../src/rules/creation-template.ts'

describe('prefixesOf', () => {
  it.each([
    ['app', ['ROOT']],
    ['prod/app', ['prod', 'ROOT']],
    ['prod/team-a/app', ['prod/team-a', 'prod', 'ROOT']],
    ['root/app', ['root', 'ROOT']],
  ])('tells those of %s, the longest first', (name, prefixes) => {
    expect(prefixesOf(name)).toEqual(prefixes)
  })
})
