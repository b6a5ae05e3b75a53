import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyedLock } from '../../src/rules/keyed-lock.ts'

/** A promise that is settled from outside. */
function gate() {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

describe('keyedLock', () => {
  it('answers what the work answers', async () => {
    await expect(keyedLock().hold('a', async () => 7)).resolves.toBe(7)
  })

  it('lets work under other keys go on', async () => {
    const lock = keyedLock()
    const { opened, open } = gate()
    const waiting = lock.hold('a', () => opened)
    await expect(lock.hold('b', async () => 'free')).resolves.toBe('free')
    open()
    await waiting
  })

  it('is held until the last work of a key has ended', async () => {
    const lock = keyedLock()
    const { opened, open } = gate()
    const first = lock.hold('a', () => opened)
    const second = lock.hold('a', async () => lock.isHeld('a'))
    expect([lock.isHeld('a'), lock.isHeld('b')]).toEqual([true, false])
    open()
    await first
    expect(await second).toBe(true)
    expect(lock.isHeld('a')).toBe(false)
  })

  it('goes on after work that failed, and tells its own caller alone', async () => {
    const lock = keyedLock()
    const failing = lock.hold('a', async () => {
      throw new Error('broken')
    })
    const next = lock.hold('a', async () => 'next')
    await expect(failing).rejects.toThrow('broken')
    await expect(next).resolves.toBe('next')
  })

  it('takes work that throws at once for work that failed', async () => {
    const lock = keyedLock()
    const failing = lock.hold('a', () => {
      throw new Error('at once')
    })
    await expect(failing).rejects.toThrow('at once')
    await expect(lock.hold('a', async () => 'next')).resolves.toBe('next')
  })

  it('never runs two works of one key at a time, and runs them in their order', async () => {
    const works = fc.array(
      fc.record({ key: fc.constantFrom('a', 'b', 'c'), steps: fc.nat(4), fails: fc.boolean() }),
      { maxLength: 20 },
    )
    await fc.assert(
      fc.asyncProperty(works, async (planned) => {
        const lock = keyedLock()
        const running = new Set<string>()
        const begun: { [key: string]: number[] } = { a: [], b: [], c: [] }
        const held = planned.map(({ key, steps, fails }, index) =>
          lock.hold(key, async () => {
            expect(running).not.toContain(key)
            running.add(key)
            begun[key]?.push(index)
            for (let step = 0; step < steps; step += 1) await Promise.resolve()
            running.delete(key)
            if (fails) throw new Error(`work ${index}`)
            return index
          }),
        )
        const ended = await Promise.allSettled(held)
        expect(ended.map((each) => (each.status === 'fulfilled' ? each.value : each.reason.message))).toEqual(
          planned.map(({ fails }, index) => (fails ? `work ${index}` : index)),
        )
        for (const indexes of Object.values(begun))
          expect(indexes).toEqual([...indexes].sort((a, b) => a - b))
      }),
    )
  })
})
