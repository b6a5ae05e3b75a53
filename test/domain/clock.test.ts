import { describe, expect, it } from 'vitest'
import { movableClock } from '../../src/domain/clock.ts'

describe('movableClock', () => {
  it("runs with the machine's clock, from wherever it is set", () => {
    let machine = 1000
    const clock = movableClock(() => machine)
    expect(clock.now()).toBe(1000)
    clock.set(50_000)
    machine += 5
    expect(clock.state()).toEqual({ now: 50_005, isFrozen: false })
  })

  it('stands still while it is frozen, and goes on from there', () => {
    let machine = 1000
    const clock = movableClock(() => machine)
    clock.freeze(true)
    machine += 500
    expect(clock.now()).toBe(1000)
    clock.set(9000)
    machine += 500
    expect(clock.state()).toEqual({ now: 9000, isFrozen: true })
    clock.freeze(false)
    machine += 7
    expect(clock.now()).toBe(9007)
  })

  it('forgets everything on reset', () => {
    let machine = 1000
    const clock = movableClock(() => machine)
    clock.set(9000)
    clock.freeze(true)
    clock.reset()
    machine = 2000
    expect(clock.state()).toEqual({ now: 2000, isFrozen: false })
  })
})
