import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BlobStore } from '../../src/blob/blob-store.ts'
import { openDisk } from '../../src/blob/disk.ts'
import { metadataFile } from '../../src/blob/path.ts'
import { allBlobs } from '../../src/domain/all-blobs.ts'
import { letGo } from '../../src/domain/let-go.ts'
import { type Digest, digestOf } from '../../src/rules/digest.ts'
import type { Database } from '../../src/store/database.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { aRepository } from '../support/content.ts'
import { contentsOf, dataDirectory } from '../support/data-directory.ts'
import { emulator } from '../support/emulator.ts'
import { registryClient } from '../support/registry.ts'

describe('all blobs', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ecr-local-blobs-'))
  let database: Database
  let disk: BlobStore
  let blobs: BlobStore
  beforeAll(async () => {
    database = openSqlite({ file: metadataFile(directory), durable: false })
    disk = await openDisk({ dataDirectory: directory, durable: false })
    blobs = allBlobs(database, disk)
  })
  afterAll(async () => {
    await blobs.close()
    await database.close()
    rmSync(directory, { recursive: true })
  })

  async function asFile(bytes: Buffer): Promise<Digest> {
    const [id, digest] = [randomUUID(), digestOf(bytes)]
    async function* source() {
      yield bytes
    }
    await blobs.append(id, 0, source(), bytes.length)
    await blobs.place(id, bytes.length, digest)
    return digest
  }
  async function asRow(bytes: Buffer): Promise<Digest> {
    const digest = digestOf(bytes)
    await database.write((tx) => tx.smallBlobs.keep(digest, bytes))
    return digest
  }
  async function asBoth(bytes: Buffer): Promise<Digest> {
    await asRow(bytes)
    return asFile(bytes)
  }
  /** As who finds that it is nobody's. */
  async function remove(digest: Digest): Promise<void> {
    expect(await database.write((tx) => letGo(tx, digest))).toBe(true)
    await blobs.remove(digest)
  }
  async function digests(): Promise<Digest[]> {
    const all: Digest[] = []
    for await (const digest of blobs.digests()) all.push(digest)
    return all
  }

  describe.each([
    ['a file', asFile],
    ['a row', asRow],
    ['a row and a file', asBoth],
  ])('of which one is %s', (_, store) => {
    it('have its size, its bytes, and any range of them', async () => {
      const bytes = randomBytes(1000)
      const digest = await store(bytes)
      expect(await blobs.size(digest)).toBe(1000)
      const read = async (range?: { first: number; last: number }) =>
        buffer((await blobs.read(digest, range)) as NonNullable<Awaited<ReturnType<BlobStore['read']>>>)
      expect((await read()).equals(bytes)).toBe(true)
      expect((await read({ first: 0, last: 0 })).equals(bytes.subarray(0, 1))).toBe(true)
      expect((await read({ first: 10, last: 999 })).equals(bytes.subarray(10))).toBe(true)
    })

    it('open it, also when it is removed meanwhile', async () => {
      const bytes = randomBytes(100)
      const digest = await store(bytes)
      const reader = await blobs.open(digest)
      await remove(digest)
      const into = Buffer.alloc(60)
      expect(await reader?.read(30, into)).toBe(60)
      expect(into.equals(bytes.subarray(30, 90))).toBe(true)
      expect(await reader?.read(90, into)).toBe(10)
      expect(into.subarray(0, 10).equals(bytes.subarray(90))).toBe(true)
      expect(await reader?.read(100, into)).toBe(0)
      await reader?.close()
    })

    it('list it, until it is removed', async () => {
      const digest = await store(randomBytes(50))
      expect(await digests()).toContain(digest)
      await remove(digest)
      expect(await digests()).not.toContain(digest)
      expect([await blobs.size(digest), await blobs.read(digest), await blobs.open(digest)]).toEqual([
        undefined,
        undefined,
        undefined,
      ])
      await remove(digest)
    })
  })

  it('list more rows than are asked for at once, each of them once', async () => {
    const rows = Array.from({ length: 2001 }, (_, index) => Buffer.from(`row ${index}`))
    await database.write(async (tx) => {
      for (const bytes of rows) await tx.smallBlobs.keep(digestOf(bytes), bytes)
    })
    const expected = rows.map((bytes) => digestOf(bytes)).sort()
    expect((await digests()).filter((digest) => expected.includes(digest))).toEqual(expected)
  })
})

describe('a small blob', () => {
  const directory = dataDirectory()
  const ecr = emulator({ dataDir: directory.path })
  const client = registryClient(ecr)
  const whereIs = (digest: string) => {
    const { blobs, blobFiles } = contentsOf(directory.path)
    return [blobs().includes(digest), blobFiles().includes(digest)]
  }

  it('that comes whole is no file, and one that comes in chunks or is larger is', async () => {
    const name = await aRepository(ecr.client())
    const small = await client.pushBlob(name, randomBytes(64 * 1024))
    const large = await client.pushBlob(name, randomBytes(64 * 1024 + 1))
    const bytes = Buffer.from('in one chunk')
    const url = await client.beginUpload(name)
    await client.send(`${url}`, { method: 'PATCH', body: bytes })
    const ended = await client.send(`${url}?digest=${digestOf(bytes)}`, { method: 'PUT' })
    expect(ended.status).toBe(201)
    expect(whereIs(small.digest)).toEqual([true, false])
    expect(whereIs(large.digest)).toEqual([true, true])
    expect(whereIs(digestOf(bytes))).toEqual([true, true])
  })

  it('that came in both ways goes with its last repository', async () => {
    const [one, two] = [await aRepository(ecr.client()), await aRepository(ecr.client())]
    const bytes = Buffer.from('twice')
    const { digest } = await client.pushBlob(one, bytes)
    const url = await client.beginUpload(two)
    await client.send(`${url}`, { method: 'PATCH', body: bytes })
    await client.send(`${url}?digest=${digest}`, { method: 'PUT' })
    expect(whereIs(digest)).toEqual([true, true])
    await client.send(`/v2/${one}/blobs/${digest}`, { method: 'DELETE' })
    expect(`${await client.getBlob(two, digest)}`).toBe('twice')
    await client.send(`/v2/${two}/blobs/${digest}`, { method: 'DELETE' })
    expect(whereIs(digest)).toEqual([false, false])
  })
})
