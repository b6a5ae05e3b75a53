import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type BlobStore, UploadBytesMissing } from '../../src/blob/blob-store.ts'
import { openDisk } from '../../src/blob/disk.ts'
import { uploadFile } from '../../src/blob/path.ts'
import { digestOf } from '../../src/rules/digest.ts'

const NO_LIMIT = Number.MAX_SAFE_INTEGER
const MEBIBYTE = 1024 * 1024

function openFiles(): string[] {
  return readdirSync('/proc/self/fd').map((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`)
    } catch {
      // The one by which they were listed.
      return ''
    }
  })
}

describe('uploads', () => {
  let dataDirectory: string
  let store: BlobStore
  beforeEach(async () => {
    dataDirectory = mkdtempSync(join(tmpdir(), 'ecr-local-uploads-'))
    store = await openDisk({ dataDirectory, durable: true })
  })
  afterEach(async () => {
    vi.restoreAllMocks()
    await store.close()
    rmSync(dataDirectory, { recursive: true })
  })

  /** A copy, as the store keeps what it gets. */
  async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    yield Uint8Array.from(bytes)
  }

  /** The prototype of file handles, whose methods all of them share. */
  async function fileHandles(): Promise<Pick<FileHandle, 'datasync' | 'writev'>> {
    const handle = await open(dataDirectory, 'r')
    await handle.close()
    return Object.getPrototypeOf(handle)
  }

  it('tell of bytes when they can be read, and not before', async () => {
    const handles = await fileHandles()
    const writev = handles.writev
    vi.spyOn(handles, 'writev').mockImplementation(async function (this: FileHandle, chunks, position) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      return writev.call(this, chunks, position)
    } as FileHandle['writev'])
    const bytes = randomBytes(3 * MEBIBYTE)
    async function* source() {
      for (let from = 0; from < bytes.length; from += MEBIBYTE / 4)
        yield bytes.subarray(from, from + MEBIBYTE / 4)
    }
    const id = randomUUID()
    const told: { size: number; found: Promise<Uint8Array | undefined> }[] = []
    const readFirst = async (size: number): Promise<Uint8Array | undefined> => {
      const reader = await store.readUpload(id)
      const found = Buffer.alloc(size)
      const length = await reader?.read(0, found)
      await reader?.close()
      return found.subarray(0, length)
    }
    await store.append(id, 0, source(), NO_LIMIT, 'sha256', (size) => {
      told.push({ size, found: readFirst(size) })
    })
    expect(told.length).toBeGreaterThan(1)
    expect(told.at(-1)?.size).toBe(bytes.length)
    for (const { size, found } of told) {
      const read = (await found) ?? Buffer.alloc(0)
      expect([read.length, bytes.subarray(0, size).equals(read)]).toEqual([size, true])
    }
  })

  it('that are discarded while bytes come end as missing, and hold no file afterwards', async () => {
    const id = randomUUID()
    async function* source() {
      yield randomBytes(100)
      await store.discard(id)
      yield randomBytes(100)
    }
    await expect(store.append(id, 0, source(), NO_LIMIT)).rejects.toBeInstanceOf(UploadBytesMissing)
    if (platform() === 'linux') expect(openFiles().filter((file) => file.includes(id))).toEqual([])
  })

  it('that are discarded as they grow large end as missing', async () => {
    const id = randomUUID()
    async function* source() {
      yield randomBytes(MEBIBYTE / 2)
      await store.discard(id)
      yield randomBytes(MEBIBYTE)
    }
    await expect(store.append(id, 0, source(), NO_LIMIT)).rejects.toBeInstanceOf(UploadBytesMissing)
  })

  it.each([
    ['a small', 1000],
    ['a large', 2 * MEBIBYTE],
  ])('end as missing where %s one is discarded while it is read again', async (_, size) => {
    const id = randomUUID()
    const bytes = randomBytes(size)
    await store.append(id, 0, once(bytes), NO_LIMIT)
    for (let delay = 0; delay < 5; delay += 1) {
      const again = store.uploadDigest(id, size, delay % 2 ? 'sha256' : 'sha512')
      const discarded = (async () => {
        for (let turn = 0; turn < delay; turn += 1) await new Promise((resolve) => setImmediate(resolve))
        await store.discard(id)
      })()
      const [result] = await Promise.allSettled([again, discarded])
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(UploadBytesMissing)
      await store.append(id, 0, once(bytes), NO_LIMIT)
    }
    expect(await store.uploadDigest(id, size)).toBe(digestOf(bytes))
  })

  const failure = Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })

  it('become no blob after a sync that failed, which the next sync does not know of', async () => {
    const id = randomUUID()
    const bytes = randomBytes(1000)
    await store.append(id, 0, once(bytes), NO_LIMIT)
    vi.spyOn(await fileHandles(), 'datasync').mockRejectedValueOnce(failure)
    await expect(store.place(id, bytes.length, digestOf(bytes))).rejects.toBe(failure)
    await expect(store.place(id, bytes.length, digestOf(bytes))).rejects.toBeInstanceOf(UploadBytesMissing)
    expect(await store.size(digestOf(bytes))).toBeUndefined()
  })

  it('get the digest of all their bytes though hashing failed, once that was told', async () => {
    const id = randomUUID()
    const bytes = randomBytes(4 * MEBIBYTE)
    const half = bytes.length / 2
    const lost = new Error('The thread that hashes has ended')
    const post = vi.spyOn(Worker.prototype, 'postMessage')
    const failOnce = () =>
      post.mockImplementationOnce(() => {
        throw lost
      })

    failOnce()
    await store.append(id, 0, once(bytes.subarray(0, half)), NO_LIMIT)
    await expect(store.uploadDigest(id, half)).rejects.toBe(lost)
    expect(await store.uploadDigest(id, half)).toBe(digestOf(bytes.subarray(0, half)))

    failOnce()
    await store.append(id, half, once(bytes.subarray(half)), NO_LIMIT)
    const more = store.append(id, bytes.length, once(randomBytes(10)), NO_LIMIT)
    await expect(more).rejects.toMatchObject({ name: 'InterruptedAppend', size: bytes.length, cause: lost })
    expect(await store.uploadDigest(id, bytes.length)).toBe(digestOf(bytes))
    await store.place(id, bytes.length, digestOf(bytes))
    expect(await store.size(digestOf(bytes))).toBe(bytes.length)
  })

  it('become no blob after an early sync that failed, also where they were read again since', async () => {
    const id = randomUUID()
    const bytes = randomBytes(33 * MEBIBYTE)
    vi.spyOn(await fileHandles(), 'datasync').mockRejectedValueOnce(failure)
    await store.append(id, 0, once(bytes), NO_LIMIT)
    const digest = await store.uploadDigest(id, bytes.length, 'sha512')
    await expect(store.place(id, bytes.length, digest)).rejects.toBe(failure)
    expect(existsSync(uploadFile(dataDirectory, id))).toBe(false)
  })
})
