import { describe, expect, it } from 'vitest'
import { addDuration } from '../../src/rules/duration.ts'

const from = Date.parse('2026-01-31T12:00:00Z')

describe('addDuration', () => {
  it.each([
    ['P30D', '2026-03-02T12:00:00.000Z'],
    ['P1W', '2026-02-07T12:00:00.000Z'],
    ['PT12H', '2026-02-01T00:00:00.000Z'],
    ['PT1M30.5S', '2026-01-31T12:01:30.500Z'],
    ['P1Y2M', '2027-03-31T12:00:00.000Z'],
    ['P1M', '2026-02-28T12:00:00.000Z'],
    ['P1M1D', '2026-03-01T12:00:00.000Z'],
    ['P1DT1S', '2026-02-01T12:00:01.000Z'],
  ])('adds %s', (text, expected) => {
    expect(new Date(addDuration(from, text) as number).toISOString()).toBe(expected)
  })

  it.each(['', 'P', 'PT', '30D', 'P1', 'P-1D', 'P1D ', 'PT1D', 'P1.5D', 'P999999999Y'])(
    'refuses "%s"',
    (text) => {
      expect(addDuration(from, text)).toBeUndefined()
    },
  )
})
