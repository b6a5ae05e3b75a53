import { describe, expect, it } from 'vitest'
import { matchesScanFilter, type ScanFrequency, scanningFault, scanningOf } from '../../src/rules/scanning.ts'

const rule = (scanFrequency: ScanFrequency, ...filters: string[]) => ({
  scanFrequency,
  repositoryFilters: filters.map((filter) => ({ filter, filterType: 'WILDCARD' as const })),
})

describe('matchesScanFilter', () => {
  const names = ['prod', 'repo-prod', 'prod-repo', 'repo-prod-repo', 'prodrepo']

  // The table of the ECR user guide, "Using filters".
  it.each([
    ['prod', 'YYYYY'],
    ['*prod', 'YYNNN'],
    ['prod*', 'YNYNY'],
    ['*prod*', 'YYYYY'],
    ['prod*repo', 'NNYNY'],
  ])('%s fits what the user guide says', (filter, expected) => {
    const found = names.map((name) => (matchesScanFilter(name, filter) ? 'Y' : 'N'))
    expect(found.join('')).toBe(expected)
  })

  it.each([
    ['*', 'a/b', true],
    ['team/*', 'team/a', true],
    ['team/*', 'other/team/a', false],
    ['a.b', 'a-b', false],
  ])('%s on %s: %s', (filter, name, expected) => {
    expect(matchesScanFilter(name, filter)).toBe(expected)
  })
})

describe('scanningOf', () => {
  const both = [rule('SCAN_ON_PUSH', '*'), rule('CONTINUOUS_SCAN', 'prod', 'live')]

  it.each([
    ['BASIC', [], false, 'MANUAL', []],
    ['BASIC', [], true, 'SCAN_ON_PUSH', []],
    ['BASIC', [rule('SCAN_ON_PUSH', 'pro')], false, 'SCAN_ON_PUSH', ['pro']],
    ['BASIC', [rule('SCAN_ON_PUSH', 'test')], true, 'SCAN_ON_PUSH', []],
    ['BASIC', [rule('SCAN_ON_PUSH')], false, 'MANUAL', []],
    ['ENHANCED', [], true, 'MANUAL', []],
    ['ENHANCED', [rule('SCAN_ON_PUSH', 'test')], true, 'MANUAL', []],
    ['ENHANCED', both, false, 'CONTINUOUS_SCAN', ['prod', 'live']],
    ['ENHANCED', [...both].reverse(), false, 'CONTINUOUS_SCAN', ['*']],
  ] as const)('%s with %j and scanOnPush %s is %s', (scanType, rules, scanOnPush, frequency, filters) => {
    expect(scanningOf({ scanType, rules }, { name: 'prod', scanOnPush })).toEqual({
      scanType,
      frequency,
      appliedFilters: rule(frequency, ...filters).repositoryFilters,
    })
  })
})

describe('scanningFault', () => {
  it.each([
    ['BASIC', 'CONTINUOUS_SCAN'],
    ['BASIC', 'MANUAL'],
    ['ENHANCED', 'MANUAL'],
  ] as const)('%s takes no rule of %s', (scanType, frequency) => {
    const constraint = `Invalid scan frequency for scanType ${scanType}: ${frequency}`
    expect(scanningFault({ scanType, rules: [rule(frequency, '*')] })).toEqual({
      member: 'rules',
      constraint,
    })
  })

  it('takes one rule of a frequency', () => {
    const rules = [rule('CONTINUOUS_SCAN', 'a'), rule('CONTINUOUS_SCAN', 'b')]
    const constraint = 'Invalid input. Contains duplicate scan frequencies: [CONTINUOUS_SCAN]'
    expect(scanningFault({ scanType: 'ENHANCED', rules })).toEqual({ member: 'rules', constraint })
  })

  it('finds nothing wrong with both frequencies of ENHANCED', () => {
    const rules = [rule('CONTINUOUS_SCAN', 'a'), rule('SCAN_ON_PUSH', 'a')]
    expect(scanningFault({ scanType: 'ENHANCED', rules })).toBeUndefined()
  })
})
