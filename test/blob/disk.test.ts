import { randomBytes, randomUUID } from 'node:crypto'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import {
  AppendTooLong,
  type BlobStore,
  InterruptedAppend,
  UploadBytesMissing,
} from '../../src/blob/blob-store.ts'
import { openDisk } from '../../src/blob/disk.ts'
import { blobFile, blobsDirectory, uploadFile, uploadsDirectory } from '../../src/blob/path.ts'
import { type Digest, digestOf } from '../../src/rules/digest.ts'

const NO_LIMIT = Number.MAX_SAFE_INTEGER
const EMPTY = Buffer.alloc(0)

const directories: string[] = []
const stores: BlobStore[] = []
afterAll(async () => {
  for (const store of stores) await store.close()
  for (const directory of directories) rmSync(directory, { recursive: true })
})

interface Opened {
  readonly store: BlobStore
  readonly dataDirectory: string
  /** The store as a process that starts now finds it. */
  readonly reopen: () => Promise<BlobStore>
}

async function aStore({ durable = false } = {}): Promise<Opened> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'ecr-local-disk-'))
  directories.push(dataDirectory)
  const reopen = async (): Promise<BlobStore> => {
    const store = await openDisk({ dataDirectory, durable })
    stores.push(store)
    return store
  }
  return { store: await reopen(), dataDirectory, reopen }
}

/** Copies, as the store keeps what it gets. */
async function* chunks(...pieces: Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield Uint8Array.from(piece)
}

/** Yields the pieces and then fails, as the body of a request does whose client goes away. */
async function* cutOff(...pieces: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces
  throw new Error('aborted')
}

async function readWhole(store: BlobStore, digest: Digest): Promise<Buffer> {
  const stream = await store.read(digest)
  if (!stream) throw new Error(`There is no ${digest}`)
  return buffer(stream)
}

/** Stores bytes as a blob. */
async function aBlob(store: BlobStore, bytes: Uint8Array = randomBytes(100)): Promise<Digest> {
  const uploadId = randomUUID()
  await store.append(uploadId, 0, chunks(bytes), NO_LIMIT)
  const digest = await store.uploadDigest(uploadId, bytes.length)
  await store.place(uploadId, bytes.length, digest)
  return digest
}

async function digestsOf(store: BlobStore): Promise<Digest[]> {
  const digests: Digest[] = []
  for await (const digest of store.digests()) digests.push(digest)
  return digests.sort()
}

describe('append', () => {
  it('answers the size after each piece, and hashes them all', async () => {
    const { store } = await aStore()
    const id = randomUUID()
    expect(await store.append(id, 0, chunks(Buffer.from('one '), Buffer.from('two ')), NO_LIMIT)).toBe(8)
    expect(await store.append(id, 8, chunks(Buffer.from('three')), NO_LIMIT)).toBe(13)
    expect(await store.append(id, 13, chunks(), NO_LIMIT)).toBe(13)
    expect(await store.uploadDigest(id, 13)).toBe(digestOf(Buffer.from('one two three')))
  })

  it('takes as many bytes as the limit, and of one more keeps nothing', async () => {
    const { store } = await aStore()
    const id = randomUUID()
    await store.append(id, 0, chunks(Buffer.from('12345')), 5)
    const tooLong = store.append(id, 5, chunks(Buffer.from('67'), Buffer.from('8')), 7)
    await expect(tooLong).rejects.toBeInstanceOf(AppendTooLong)
    expect(await store.append(id, 5, chunks(Buffer.from('xy')), 7)).toBe(7)
    expect(await store.uploadDigest(id, 7)).toBe(digestOf(Buffer.from('12345xy')))
  })

  it('keeps what arrived when the source fails, and goes on from there', async () => {
    const { store } = await aStore()
    const id = randomUUID()
    const interrupted = await store
      .append(id, 0, cutOff(Buffer.from('abc')), NO_LIMIT)
      .catch((error) => error)
    expect(interrupted).toBeInstanceOf(InterruptedAppend)
    expect(interrupted).toMatchObject({ size: 3, cause: new Error('aborted') })
    expect(await store.append(id, 3, chunks(Buffer.from('def')), NO_LIMIT)).toBe(6)
    expect(await store.uploadDigest(id, 6)).toBe(digestOf(Buffer.from('abcdef')))
  })

  it('goes on after a restart, over bytes that nobody acknowledged', async () => {
    const { store, reopen, dataDirectory } = await aStore()
    const id = randomUUID()
    await store.append(id, 0, chunks(Buffer.from('kept')), NO_LIMIT)
    appendFileSync(uploadFile(dataDirectory, id), 'half a part')

    const restarted = await reopen()
    expect(await restarted.append(id, 4, chunks(Buffer.from('!')), NO_LIMIT)).toBe(5)
    const digest = await restarted.uploadDigest(id, 5)
    await restarted.place(id, 5, digest)
    expect(String(await readWhole(restarted, digest))).toBe('kept!')
  })

  it('hashes by the algorithm that it is told, as the bytes come', async () => {
    const { store, dataDirectory } = await aStore()
    const id = randomUUID()
    await store.append(id, 0, chunks(Buffer.from('one ')), NO_LIMIT, 'sha512')
    await store.append(id, 4, chunks(Buffer.from('two')), NO_LIMIT, 'sha512')
    // Whoever read the file again would find these.
    writeFileSync(uploadFile(dataDirectory, id), 'changed')
    expect(await store.uploadDigest(id, 7, 'sha512')).toBe(digestOf(Buffer.from('one two'), 'sha512'))
    expect(await store.uploadDigest(id, 7)).toBe(digestOf(Buffer.from('changed')))
  })

  it('goes on by another algorithm over what came before', async () => {
    const { store, reopen } = await aStore()
    const id = randomUUID()
    await store.append(id, 0, chunks(Buffer.from('one ')), NO_LIMIT)
    await store.append(id, 4, chunks(Buffer.from('two')), NO_LIMIT, 'sha512')
    const digest = digestOf(Buffer.from('one two'), 'sha512')
    expect(await store.uploadDigest(id, 7, 'sha512')).toBe(digest)
    expect(await (await reopen()).uploadDigest(id, 7, 'sha512')).toBe(digest)
  })

  it.each([
    ['at once', [3_000_000]],
    ['in pieces that grow it large', [400_000, 600_000, 100_000, 2_000_000]],
    ['to the byte that makes it large', [1024 * 1024, 1]],
    ['in many chunks', Array.from({ length: 50 }, () => 65_536)],
  ])('hashes a large blob that comes %s', async (_, sizes) => {
    const { store } = await aStore({ durable: true })
    const bytes = randomBytes(sizes.reduce((sum, size) => sum + size, 0))
    const id = randomUUID()
    let size = 0
    for (const length of sizes)
      size = await store.append(id, size, chunks(bytes.subarray(size, size + length)), NO_LIMIT)
    const digest = await store.uploadDigest(id, size)
    expect(digest).toBe(digestOf(bytes))
    await store.place(id, size, digest)
    expect((await readWhole(store, digest)).equals(bytes)).toBe(true)
  })

  it('goes on with a large blob after a restart', async () => {
    const { store, reopen } = await aStore()
    const bytes = randomBytes(4_000_000)
    const id = randomUUID()
    await store.append(id, 0, chunks(bytes.subarray(0, 3_000_000)), NO_LIMIT)
    const restarted = await reopen()
    await restarted.append(id, 3_000_000, chunks(bytes.subarray(3_000_000)), NO_LIMIT)
    expect(await restarted.uploadDigest(id, bytes.length)).toBe(digestOf(bytes))
  })

  it('hashes many large blobs at once', async () => {
    const { store } = await aStore()
    const blobs = Array.from({ length: 20 }, () => randomBytes(2_500_000))
    const digests = blobs.map(async (bytes) => {
      const id = randomUUID()
      await store.append(id, 0, chunks(bytes.subarray(0, 1_500_000), bytes.subarray(1_500_000)), NO_LIMIT)
      return store.uploadDigest(id, bytes.length)
    })
    expect(await Promise.all(digests)).toEqual(blobs.map((bytes) => digestOf(bytes)))
  })

  it('begins anew at 0', async () => {
    const { store } = await aStore()
    const id = randomUUID()
    await store.append(id, 0, chunks(Buffer.from('a first attempt')), NO_LIMIT)
    expect(await store.append(id, 0, chunks(Buffer.from('a second')), NO_LIMIT)).toBe(8)
    expect(await store.uploadDigest(id, 8)).toBe(digestOf(Buffer.from('a second')))
  })

  it.each([
    ['were discarded', (store: BlobStore, id: string) => store.discard(id)],
    [
      'a crash took in part',
      (_: BlobStore, id: string, directory: string) => truncateSync(uploadFile(directory, id), 3),
    ],
  ])('refuses to go on after bytes that %s', async (_, lose) => {
    const { store, reopen, dataDirectory } = await aStore()
    const id = randomUUID()
    await store.append(id, 0, chunks(Buffer.from('1234')), NO_LIMIT)
    await lose(store, id, dataDirectory)
    const restarted = await reopen()
    const more = restarted.append(id, 4, chunks(Buffer.from('5')), NO_LIMIT)
    await expect(more).rejects.toBeInstanceOf(UploadBytesMissing)
    await expect(restarted.uploadDigest(id, 4)).rejects.toBeInstanceOf(UploadBytesMissing)
  })

  it.runIf(process.platform === 'linux')('keeps nothing on a full disk (Linux: /dev/full)', async () => {
    const { store, dataDirectory } = await aStore()
    const id = randomUUID()
    const file = uploadFile(dataDirectory, id)
    symlinkSync('/dev/full', file)
    const full = await store.append(id, 0, chunks(Buffer.from('lost')), NO_LIMIT).catch((error) => error)
    expect(full).toMatchObject({ name: 'InterruptedAppend', size: 0, cause: { code: 'ENOSPC' } })

    rmSync(file)
    expect(await store.append(id, 0, chunks(Buffer.from('found')), NO_LIMIT)).toBe(5)
    expect(await store.uploadDigest(id, 5)).toBe(digestOf(Buffer.from('found')))
  })
})

describe('place', () => {
  it.each([false, true])('makes an upload a blob, and ends it (durable: %s)', async (durable) => {
    const { store, reopen } = await aStore({ durable })
    const id = randomUUID()
    const bytes = randomBytes(300_000)
    await store.append(id, 0, chunks(bytes), NO_LIMIT)
    const digest = digestOf(bytes)
    expect(await store.size(digest)).toBeUndefined()
    await store.place(id, bytes.length, digest)

    expect(await store.uploadIds()).toEqual([])
    const restarted = await reopen()
    expect(await restarted.size(digest)).toBe(bytes.length)
    expect((await readWhole(restarted, digest)).equals(bytes)).toBe(true)
  })

  it('makes a blob of an upload that never had a byte', async () => {
    const { store } = await aStore()
    const id = randomUUID()
    expect(await store.uploadDigest(id, 0)).toBe(digestOf(EMPTY))
    await store.place(id, 0, digestOf(EMPTY))
    expect(await readWhole(store, digestOf(EMPTY))).toEqual(EMPTY)
  })

  it('leaves out what came behind the acknowledged bytes', async () => {
    const { store } = await aStore()
    const id = randomUUID()
    await store.append(id, 0, chunks(Buffer.from('good')), NO_LIMIT)
    await store.append(id, 4, chunks(Buffer.from('refused')), NO_LIMIT)
    const digest = await store.uploadDigest(id, 4)
    await store.place(id, 4, digest)
    expect(String(await readWhole(store, digest))).toBe('good')
  })

  it('leaves a blob as it is when the bytes of its second upload are gone', async () => {
    const { store } = await aStore()
    const bytes = randomBytes(10)
    const digest = await aBlob(store, bytes)
    const id = randomUUID()
    await store.append(id, 0, chunks(bytes), NO_LIMIT)
    await store.discard(id)
    await expect(store.place(id, 10, digest)).rejects.toBeInstanceOf(UploadBytesMissing)
    expect(await readWhole(store, digest)).toEqual(bytes)
  })

  it('takes many at once, into every directory', async () => {
    const { store } = await aStore({ durable: true })
    const blobs = Array.from({ length: 600 }, () => randomBytes(20))
    const digests = await Promise.all(blobs.map((bytes) => aBlob(store, bytes)))
    expect(await digestsOf(store)).toEqual(digests.sort())
  })

  it('takes the same bytes twice, also while they are read', async () => {
    const { store } = await aStore()
    const bytes = randomBytes(1_000_000)
    const digest = await aBlob(store, bytes)
    const reading = await store.read(digest)
    if (!reading) throw new Error('The blob is missing')
    expect(await aBlob(store, bytes)).toBe(digest)
    expect((await buffer(reading)).equals(bytes)).toBe(true)
    expect(await digestsOf(store)).toEqual([digest])
  })
})

describe('an upload', () => {
  type Step =
    | { readonly kind: 'part' | 'refused' | 'tooLong' | 'cutOff'; readonly pieces: Uint8Array[] }
    | { readonly kind: 'restart' }

  const pieces = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 4 })
  const step: fc.Arbitrary<Step> = fc.oneof(
    ...(['part', 'refused', 'tooLong', 'cutOff'] as const).map((kind) =>
      fc.record({ kind: fc.constant(kind), pieces }),
    ),
    fc.constant({ kind: 'restart' as const }),
  )

  it('is exactly what was acknowledged, whatever failed in between', async () => {
    const { store: first, reopen } = await aStore()
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        let store = first
        let acknowledged: Uint8Array = EMPTY
        const id = randomUUID()
        for (const each of steps) {
          if (each.kind === 'restart') {
            store = await reopen()
            continue
          }
          const bytes = Buffer.concat(each.pieces)
          const whole = Buffer.concat([acknowledged, bytes])
          const source = each.kind === 'cutOff' ? cutOff(...each.pieces) : chunks(...each.pieces)
          const limit = each.kind === 'tooLong' ? whole.length - 1 : NO_LIMIT
          const outcome = await store.append(id, acknowledged.length, source, limit).catch((error) => error)
          if (each.kind === 'cutOff') expect(outcome).toMatchObject({ size: whole.length })
          else if (each.kind === 'tooLong' && bytes.length > 0) expect(outcome).toBeInstanceOf(AppendTooLong)
          if (each.kind === 'part' || each.kind === 'cutOff') acknowledged = whole
        }
        const digest = await store.uploadDigest(id, acknowledged.length)
        expect(digest).toBe(digestOf(acknowledged))
        await store.place(id, acknowledged.length, digest)
        expect(await readWhole(store, digest)).toEqual(Buffer.from(acknowledged))
      }),
      { numRuns: 200 },
    )
  })
})

describe('readUpload', () => {
  it('reads what has been appended, and goes on when the upload has become a blob', async () => {
    const { store } = await aStore()
    const id = randomUUID()
    await store.append(id, 0, chunks(Buffer.from('abc')), NO_LIMIT)
    const reader = await store.readUpload(id)
    const into = Buffer.alloc(4)
    expect(await reader?.read(1, into.subarray(0, 2))).toBe(2)
    expect(String(into.subarray(0, 2))).toBe('bc')
    await store.append(id, 3, chunks(Buffer.from('def')), NO_LIMIT)
    await store.place(id, 6, digestOf(Buffer.from('abcdef')))
    expect(await reader?.read(2, into)).toBe(4)
    expect(String(into)).toBe('cdef')
    await reader?.close()
  })

  it('finds nothing of an upload without bytes, nor of one that is a blob', async () => {
    const { store } = await aStore()
    const id = randomUUID()
    expect(await store.readUpload(id)).toBeUndefined()
    await store.append(id, 0, chunks(Buffer.from('abc')), NO_LIMIT)
    await store.place(id, 3, digestOf(Buffer.from('abc')))
    expect(await store.readUpload(id)).toBeUndefined()
  })
})

describe('discard', () => {
  it('forgets an upload and its bytes, and does not mind one that never was', async () => {
    const { store } = await aStore()
    const [kept, gone] = [randomUUID(), randomUUID()]
    for (const id of [kept, gone]) await store.append(id, 0, chunks(Buffer.from(id)), NO_LIMIT)
    expect(new Set(await store.uploadIds())).toEqual(new Set([kept, gone]))
    await store.discard(gone)
    await store.discard(randomUUID())
    expect(await store.uploadIds()).toEqual([kept])
    expect(await store.append(gone, 0, chunks(Buffer.from('anew')), NO_LIMIT)).toBe(4)
    expect(await store.uploadDigest(gone, 4)).toBe(digestOf(Buffer.from('anew')))
  })
})

describe('uploadIds', () => {
  it('names uploads only, not a directory beside them', async () => {
    const { store, dataDirectory } = await aStore()
    const id = randomUUID()
    await store.append(id, 0, chunks(Buffer.from(id)), NO_LIMIT)
    mkdirSync(join(uploadsDirectory(dataDirectory), 'lost+found'))
    expect(await store.uploadIds()).toEqual([id])
  })
})

describe('read', () => {
  it.each([
    ['first byte', 0, 0],
    ['last byte', 599_999, 599_999],
    ['all bytes', 0, 599_999],
    ['pieces across buffers', 100_000, 500_000],
  ])('answers a range: %s', async (_, firstByte, last) => {
    const { store } = await aStore()
    const bytes = randomBytes(600_000)
    const digest = await aBlob(store, bytes)
    const stream = await store.read(digest, { first: firstByte, last })
    if (!stream) throw new Error('The blob is missing')
    expect((await buffer(stream)).equals(bytes.subarray(firstByte, last + 1))).toBe(true)
  })

  it('answers nothing for a blob that is not here', async () => {
    const { store } = await aStore()
    expect(await store.read(digestOf(EMPTY))).toBeUndefined()
  })

  it('comes to its end when the blob is removed meanwhile', async () => {
    const { store } = await aStore()
    const bytes = randomBytes(1_000_000)
    const digest = await aBlob(store, bytes)
    const reading = await store.read(digest)
    if (!reading) throw new Error('The blob is missing')
    await store.remove(digest)
    expect(await store.size(digest)).toBeUndefined()
    expect((await buffer(reading)).equals(bytes)).toBe(true)
  })
})

describe('remove', () => {
  it('removes one blob, and does not mind one that is not here', async () => {
    const { store, reopen } = await aStore()
    const [kept, gone] = [await aBlob(store), await aBlob(store)]
    expect(await digestsOf(store)).toEqual([kept, gone].sort())
    await store.remove(gone)
    await store.remove(gone)
    expect(await digestsOf(await reopen())).toEqual([kept])
  })
})

describe('digests', () => {
  it('names blobs of every algorithm', async () => {
    const { store, reopen } = await aStore()
    const bytes = randomBytes(100)
    const digest = digestOf(bytes, 'sha512')
    const id = randomUUID()
    await store.append(id, 0, chunks(bytes), NO_LIMIT, 'sha512')
    await store.place(id, bytes.length, digest)
    const other = await aBlob(store, bytes)
    expect(await digestsOf(await reopen())).toEqual([other, digest])
    expect(await readWhole(store, digest)).toEqual(bytes)
    await store.remove(digest)
    expect(await digestsOf(store)).toEqual([other])
  })

  it('names blobs only, not what else lies beside them', async () => {
    const { store, dataDirectory } = await aStore()
    const digest = await aBlob(store)
    appendFileSync(`${blobFile(dataDirectory, digest)}.swp`, 'an editor was here')
    writeFileSync(join(blobsDirectory(dataDirectory, 'sha256'), '.DS_Store'), 'macOS was here')
    expect(await digestsOf(store)).toEqual([digest])
  })
})
