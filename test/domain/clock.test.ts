import { describe, expect, it } from 'vitest'
import { type ClockChange, movableClock, UNTOUCHED } from '../../src/domain/clock.ts'

/** A clock over a machine's that the test moves too. */
function aClock() {
  const machine = { now: 1000 }
  const clock = movableClock(() => machine.now)
  let setting = UNTOUCHED
  function change(change: ClockChange) {
    setting = clock.settingAfter(setting, change)
    clock.adjust(setting)
    return setting
  }
  return { machine, clock, change }
}

describe('movableClock', () => {
  it("runs with the machine's clock, from wherever it is moved", () => {
    const { machine, clock, change } = aClock()
    expect(clock.now()).toBe(1000)
    change({ move: () => 50_000 })
    machine.now += 5
    expect(clock.state()).toEqual({ now: 50_005, isFrozen: false })
  })

  it('stands still while it is frozen, and goes on from there', () => {
    const { machine, clock, change } = aClock()
    change({ isFrozen: true })
    machine.now += 500
    expect(clock.now()).toBe(1000)
    change({ move: (from) => from + 8000 })
    machine.now += 500
    expect(clock.state()).toEqual({ now: 9000, isFrozen: true })
    change({ isFrozen: false })
    machine.now += 7
    expect(clock.now()).toBe(9007)
  })

  it('forgets everything on reset, before anything else is done', () => {
    const { machine, clock, change } = aClock()
    change({ isFrozen: true, move: () => 9000 })
    machine.now = 2000
    change({ isReset: true, move: (from) => from + 1 })
    expect(clock.state()).toEqual({ now: 2001, isFrozen: false })
    expect(change({ isReset: true })).toEqual({ offset: 0, frozenAt: undefined })
  })

  it('tells of a setting what it would be without taking it', () => {
    const { clock } = aClock()
    const setting = clock.settingAfter(UNTOUCHED, { move: (from) => from + 30 })
    expect([clock.nowBy(setting), clock.now()]).toEqual([1030, 1000])
  })

  it('goes on as it was set before', () => {
    expect(movableClock(() => 5, { offset: 10 }).state()).toEqual({ now: 15, isFrozen: false })
    expect(movableClock(() => 5, { offset: 10, frozenAt: 7 }).state()).toEqual({ now: 7, isFrozen: true })
  })
})
