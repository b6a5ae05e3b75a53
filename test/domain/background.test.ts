import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Background, background } from '../../src/domain/background.ts'
import { movableClock } from '../../src/domain/clock.ts'
import type { Domain } from '../../src/domain/domain.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { dataDirectory } from '../support/data-directory.ts'

describe('background', () => {
  const { path } = dataDirectory()
  afterEach(() => {
    vi.useRealTimers()
  })

  it('looks again when it is nudged while its last look ends', async () => {
    const database = openSqlite({ file: join(path, 'metadata.sqlite'), durable: false })
    const clock = movableClock(() => 0)
    const faults: unknown[] = []
    let looks = 0
    const worker: Background = background({
      domain: () => ({ database, clock }) as unknown as Domain,
      // Due at every look, as it recurs after no time at all.
      tasks: [
        {
          everyMilliseconds: 0,
          async run() {
            looks += 1
          },
        },
      ],
      // Asked after the last look, before the work is over: the moment at which a nudge could be lost.
      isFrozen() {
        if (looks === 1) worker.nudge()
        return true
      },
      onFault: (error) => faults.push(error),
    })
    await worker.settle()
    await worker.stop()
    await database.close()
    expect({ looks, faults }).toEqual({ looks: 2, faults: [] })
  })

  it.each([false, true])(
    'looks again after trouble with the store, with a clock that stands: %s',
    async (isFrozen) => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      const database = openSqlite({ file: join(path, `trouble-${isFrozen}.sqlite`), durable: false })
      const trouble = new Error('The disk of the database is full')
      const reads = vi.fn(database.read)
      reads.mockRejectedValueOnce(trouble)
      const clock = movableClock(() => 0)
      const faults: unknown[] = []
      const worker = background({
        domain: () => ({ database: { ...database, read: reads }, clock }) as unknown as Domain,
        tasks: [],
        isFrozen: () => isFrozen,
        onFault: (error) => faults.push(error),
      })
      await worker.settle()
      const before = reads.mock.calls.length
      await vi.advanceTimersToNextTimerAsync()
      await worker.stop()
      await database.close()
      expect(faults).toEqual([trouble])
      expect(reads.mock.calls.length).toBe(before + 1)
    },
  )
})
