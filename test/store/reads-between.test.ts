import { describe, expect, it } from 'vitest'
import type { Connection } from '../../src/store/connection.ts'
import { readsBetween } from '../../src/store/reads-between.ts'

describe('reads between changes', () => {
  /** Over a connection whose transaction the test opens and ends. */
  function aConnection() {
    const handle = { inTransaction: false }
    const reads = readsBetween({ handle } as unknown as Connection)
    const open = (): void => {
      handle.inTransaction = true
    }
    return { handle, reads, open }
  }

  it('begin when no change is being made', async () => {
    const { handle, reads, open } = aConnection()
    expect(reads.mayBegin()).toBe(true)
    await reads.whenEnded(open)
    expect(reads.mayBegin()).toBe(false)
    handle.inTransaction = false
    expect(reads.mayBegin()).toBe(true)
  })

  it('hold up a change until the last of them has ended, and none begins before it', async () => {
    const { handle, reads, open } = aConnection()
    reads.begin()
    reads.begin()
    const opened = reads.whenEnded(open)
    expect(reads.mayBegin()).toBe(false)
    reads.end()
    await Promise.resolve()
    expect([handle.inTransaction, reads.mayBegin()]).toEqual([false, false])
    reads.end()
    expect([handle.inTransaction, reads.mayBegin()]).toEqual([false, false])
    await opened
    expect([handle.inTransaction, reads.mayBegin()]).toEqual([true, false])
  })

  it('begin again after a change that could not', async () => {
    const { reads } = aConnection()
    reads.begin()
    const failure = new Error('full')
    const failing = reads.whenEnded(() => {
      throw failure
    })
    reads.end()
    await expect(failing).rejects.toBe(failure)
    expect(reads.mayBegin()).toBe(true)
  })
})
