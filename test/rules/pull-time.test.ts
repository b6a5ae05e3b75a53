import { describe, expect, it } from 'vitest'
import { isExcluded, isPullDue } from '../../src/rules/pull-time.ts'

const HOUR = 60 * 60 * 1000

describe('isPullDue', () => {
  it.each([
    ['the first pull', undefined, true],
    ['one within the hour', 10 * HOUR - HOUR + 1, false],
    ['one an hour later', 9 * HOUR, true],
    ['one soon after the clock was set back a little', 10 * HOUR + 5, false],
    ['one after the clock was set back for long', 11 * HOUR, true],
  ])('%s', (_, lastPulledAt, due) => {
    expect(isPullDue(lastPulledAt, 10 * HOUR)).toBe(due)
  })
})

describe('isExcluded', () => {
  const ROLE = 'arn:aws:iam::111122223333:role/ci/scanner'
  const USER = 'arn:aws:iam::111122223333:user/people/ann'

  it.each([
    [ROLE, true],
    [USER, true],
    ['arn:aws:sts::111122223333:assumed-role/scanner/session', true],
    ['arn:aws:sts::444455556666:assumed-role/scanner/session', false],
    ['arn:aws:sts::111122223333:assumed-role/ci/session', false],
    ['arn:aws:sts::111122223333:assumed-role/ann/session', false],
    ['arn:aws:sts::111122223333:assumed-role/other/scanner', false],
    ['arn:aws:iam::111122223333:role/scanner', false],
    ['arn:aws:iam::111122223333:root', false],
  ])('%s: %s', (principalArn, excluded) => {
    expect(isExcluded(principalArn, [ROLE, USER])).toBe(excluded)
  })
})
