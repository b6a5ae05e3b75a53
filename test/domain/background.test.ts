import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Background, background } from '../../src/domain/background.ts'
import { movableClock } from '../../src/domain/clock.ts'
import type { Domain } from '../../src/domain/domain.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { dataDirectory } from '../support/data-directory.ts'

describe('background', () => {
  const { path } = dataDirectory()

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
})
