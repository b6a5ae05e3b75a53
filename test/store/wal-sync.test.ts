import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
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
