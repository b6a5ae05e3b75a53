import { mkdtempSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { blobDirectories } from '../../src/blob/blob-directories.ts'
import { openDisk } from '../../src/blob/disk.ts'
import { blobDirectory, blobsDirectory } from '../../src/blob/path.ts'
import { digestOf } from '../../src/rules/digest.ts'

describe('blobDirectories', () => {
  let dataDirectory: string
  beforeEach(async () => {
    dataDirectory = realpathSync(mkdtempSync(join(tmpdir(), 'ecr-local-directories-')))
    await (await openDisk({ dataDirectory, durable: true })).close()
  })
  afterEach(() => {
    vi.restoreAllMocks()
    rmSync(dataDirectory, { recursive: true })
  })

  it.skipIf(platform() !== 'linux')('outlast a loss of power, with every directory above them', async () => {
    const handle = await open(dataDirectory, 'r')
    await handle.close()
    const handles: FileHandle = Object.getPrototypeOf(handle)
    const sync = handles.sync
    const synced: string[] = []
    vi.spyOn(handles, 'sync').mockImplementation(function (this: FileHandle) {
      synced.push(readlinkSync(`/proc/self/fd/${this.fd}`))
      return sync.call(this)
    })
    const directories = blobDirectories({ dataDirectory, durable: true })
    const digest = digestOf(Buffer.from('bytes'))
    const directory = await directories.of(digest)
    expect(readlinkSync(`/proc/self/fd/${directory.fd}`)).toBe(blobDirectory(dataDirectory, digest))
    expect(synced).toEqual([
      blobsDirectory(dataDirectory, 'sha256'),
      join(dataDirectory, 'blobs'),
      dataDirectory,
    ])
    await Promise.all([directories.of(digest), directories.of(digestOf(Buffer.from('others')))])
    expect(synced).toHaveLength(3)
    await directories.close()
  })
})
