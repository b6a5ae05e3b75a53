import fs, { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type WalSync, walSync } from '../../src/store/wal-sync.ts'

describe('walSync', () => {
  let directory: string
  let wal: WalSync
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ecr-local-wal-'))
    wal = walSync(join(directory, 'metadata.sqlite'))
  })
  afterEach(async () => {
    vi.restoreAllMocks()
    syncBuiltinESMExports()
    await wal.close()
    rmSync(directory, { recursive: true })
  })

  const makeFile = (): void => writeFileSync(join(directory, 'metadata.sqlite-wal'), 'frames')

  async function spyOnSyncs() {
    const handle = await open(directory, 'r')
    await handle.close()
    return vi.spyOn(Object.getPrototypeOf(handle) as typeof handle, 'datasync')
  }

  it('shares a sync among those that wait for the one under way, and begins none too few', async () => {
    makeFile()
    const syncs = await spyOnSyncs()
    const first = wal.sync()
    await vi.waitFor(() => expect(syncs).toHaveBeenCalledTimes(1))
    await Promise.all([first, wal.sync(), wal.sync(), wal.sync()])
    expect(syncs).toHaveBeenCalledTimes(2)
  })

  describe('for one who is alone', () => {
    /** By a clock that stands still, but for what a sync is said to take. */
    async function afterQuickOnes(count: number) {
      makeFile()
      const clock = vi.spyOn(performance, 'now').mockReturnValue(0)
      const inThread = await spyOnSyncs()
      const atOnce = vi.spyOn(fs, 'fdatasyncSync')
      syncBuiltinESMExports()
      for (let index = 0; index < count; index += 1) await wal.sync(true)
      return { clock, inThread, atOnce, counts: () => [inThread.mock.calls.length, atOnce.mock.calls.length] }
    }

    it('is made at once after twenty that were quick, and by another thread after one that was not', async () => {
      const { clock, counts } = await afterQuickOnes(22)
      expect(counts()).toEqual([20, 2])
      await wal.sync(false)
      expect(counts()).toEqual([21, 2])
      clock.mockReturnValueOnce(0).mockReturnValueOnce(1)
      await wal.sync(true)
      expect(counts()).toEqual([21, 3])
      await wal.sync(true)
      expect(counts()).toEqual([22, 3])
    })

    it('waits for the one under way', async () => {
      const { inThread, counts } = await afterQuickOnes(20)
      inThread.mockImplementationOnce(() => new Promise((resolve) => setTimeout(resolve, 20)))
      const underWay = wal.sync(false)
      await new Promise((resolve) => setImmediate(resolve))
      await Promise.all([underWay, wal.sync(true)])
      expect(counts()).toEqual([22, 0])
    })

    it('is believed no more after it failed', async () => {
      const { atOnce, counts } = await afterQuickOnes(20)
      const failure = Object.assign(new Error('EIO: fdatasync'), { code: 'EIO' })
      atOnce.mockImplementationOnce(() => {
        throw failure
      })
      for (const isAlone of [true, true, false])
        await expect(wal.sync(isAlone)).rejects.toMatchObject({ cause: failure })
      expect(() => wal.check()).toThrow(expect.objectContaining({ cause: failure }))
      expect(counts()).toEqual([20, 1])
    })
  })

  it('tries again to open a file that could not be opened', async () => {
    await expect(wal.sync()).rejects.toMatchObject({ code: 'ENOENT' })
    makeFile()
    await wal.sync()
    expect(() => wal.check()).not.toThrow()
  })

  it.each(['EIO', 'ENOSPC'])('believes no sync after one that failed with %s', async (code) => {
    makeFile()
    const failure = Object.assign(new Error(`${code}: fdatasync`), { code })
    const syncs = (await spyOnSyncs()).mockRejectedValueOnce(failure)
    const told = { cause: failure, ...(code === 'ENOSPC' && { code }) }
    await expect(wal.sync()).rejects.toMatchObject(told)
    await expect(wal.sync()).rejects.toMatchObject(told)
    expect(() => wal.check()).toThrow(expect.objectContaining(told))
    expect(syncs).toHaveBeenCalledTimes(1)
  })
})
