import { describe, expect, it } from 'vitest'
import { eachAtMost, inFlight } from '../../src/rules/in-flight.ts'

/** Work that ends when the test says so. */
function aWork() {
  let end: { well(): void; badly(error: Error): void } | undefined
  const done = new Promise<void>((resolve, reject) => {
    end = { well: resolve, badly: reject }
  })
  return { done, ...(end as NonNullable<typeof end>) }
}

describe('inFlight', () => {
  it('is begun once while it is under way, and anew when it has ended', async () => {
    const works = inFlight<ReturnType<typeof aWork>>(() => undefined)
    const first = works.join('a', aWork)
    expect(works.join('a', aWork)).toBe(first)
    expect(works.join('b', aWork)).not.toBe(first)
    first.well()
    await works.settle('a')
    expect(works.join('a', aWork)).not.toBe(first)
  })

  it('tells how work failed, and forgets it', async () => {
    const told: unknown[] = []
    const works = inFlight<ReturnType<typeof aWork>>((error) => told.push(error))
    const failure = new Error('no')
    works.join('a', aWork).badly(failure)
    await works.settle()
    expect(told).toEqual([failure])
    expect(works.isUnderWay('a')).toBe(false)
  })

  it('waits for what is below a prefix only', async () => {
    const works = inFlight<ReturnType<typeof aWork>>(() => undefined)
    works.join('a 1', aWork).well()
    works.join('b 1', aWork)
    await works.settle('a ')
    expect([works.isUnderWay('a '), works.isUnderWay('b ')]).toEqual([false, true])
  })
})

describe('eachAtMost', () => {
  it('works at so many at once', async () => {
    let [running, most] = [0, 0]
    const done: number[] = []
    await eachAtMost(2, [1, 2, 3, 4, 5], async (item) => {
      running += 1
      most = Math.max(most, running)
      await Promise.resolve()
      running -= 1
      done.push(item)
    })
    expect({ done: done.sort(), most }).toEqual({ done: [1, 2, 3, 4, 5], most: 2 })
  })

  it('begins nothing after a failure', async () => {
    const begun: number[] = []
    const work = eachAtMost(1, [1, 2, 3], async (item) => {
      begun.push(item)
      if (item === 2) throw new Error('no')
    })
    await expect(work).rejects.toThrow('no')
    expect(begun).toEqual([1, 2])
  })
})
