import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, fstatSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import {
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeImagesCommand,
  type ECRClient,
} from '@aws-sdk/client-ecr'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { aName, anImage, anUpload, aRepository, sendPart, sha256 } from '../support/content.ts'
import { collect, dataDirectory } from '../support/data-directory.ts'
import { emulator } from '../support/emulator.ts'
import { run } from '../support/program.ts'
import { type RegistryClient, registryClient } from '../support/registry.ts'
import { aRule, heldBack, OPEN_UPSTREAM, playedImage, playedRegistry, routing } from '../support/upstream.ts'

const MEBIBYTE = 1024 * 1024

/** Longer than a loaded machine needs. */
const PATIENCE = { timeout: 20_000 }

/** Of the whole disk. */
const SIZE = 24 * MEBIBYTE

const TEXT = 'No space is left on the disk that holds the data directory'
const serverException = { name: 'ServerException', message: TEXT, $metadata: { httpStatusCode: 500 } }
const unknown = { errors: [{ code: 'UNKNOWN', message: TEXT }] }

const directory = dataDirectory()
const upstream = await playedRegistry()
const isMounted = mount(directory.path)
// Before what removes the directory.
afterAll(() => isMounted && execFileSync('umount', [directory.path]))

/** Only root may mount a small file system. */
function mount(path: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', path], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe.skipIf(!isMounted)(`a full disk${isMounted ? '' : ' (needs the right to mount a tmpfs)'}`, () => {
  const ecr = emulator({ dataDir: directory.path, upstream: [`${OPEN_UPSTREAM}=${upstream.url}`] })
  let client: ECRClient
  let registry: RegistryClient
  beforeAll(() => {
    client = ecr.client()
    registry = registryClient(ecr)
  })
  const filler = join(directory.path, 'filler')
  afterEach(() => rmSync(filler, { force: true }))

  /** @param spare bytes that stay free */
  function fill(spare = 0): void {
    const file = openSync(filler, 'w')
    for (const size of [MEBIBYTE, 4096])
      try {
        for (;;) writeSync(file, Buffer.alloc(size, 1))
      } catch {}
    ftruncateSync(file, fstatSync(file).size - spare)
    closeSync(file)
  }

  it.each(['PUT', 'PATCH'])('refuses a %s that does not fit, and keeps nothing of it', async (method) => {
    const repositoryName = await aRepository(client)
    const begun = await registry.send(`/v2/${repositoryName}/blobs/uploads/`, { method: 'POST' })
    const path = begun.headers.get('location') as string
    const bytes = randomBytes(SIZE)
    const answer = await registry.send(`${path}?digest=${sha256(bytes)}`, { method, body: bytes })
    expect(answer.status).toBe(507)
    expect(await answer.json()).toEqual(unknown)

    const smaller = bytes.subarray(0, SIZE / 2)
    const put = { method: 'PUT', body: smaller }
    expect((await registry.send(`${path}?digest=${sha256(smaller)}`, put)).status).toBe(201)
    expect(sha256(await registry.getBlob(repositoryName, sha256(smaller)))).toBe(sha256(smaller))
    await client.send(new DeleteRepositoryCommand({ repositoryName }))
    await collect(ecr.server.url)
  })

  it('refuses a part that does not fit, and takes it when there is space', async () => {
    const repositoryName = await aRepository(client)
    const uploadId = await anUpload(client, repositoryName)
    const part = randomBytes(6 * MEBIBYTE)
    await sendPart(client, repositoryName, uploadId, part)
    fill()
    const second = () => sendPart(client, repositoryName, uploadId, part, part.length)
    await expect(second()).rejects.toMatchObject(serverException)
    rmSync(filler)
    expect(await second()).toMatchObject({ lastByteReceived: 2 * part.length - 1 })
  })

  it('refuses what needs a row, and reads on', async () => {
    const repositoryName = await aRepository(client)
    const { digest, layers, text } = await anImage(client, repositoryName)
    fill()
    const create = () => client.send(new CreateRepositoryCommand({ repositoryName: aName() }))
    await expect(create()).rejects.toMatchObject(serverException)
    const answer = await registry.putManifest(repositoryName, 'v1', `${text} `)
    expect(answer.status).toBe(507)
    expect(await answer.json()).toEqual(unknown)

    const { imageDetails } = await client.send(new DescribeImagesCommand({ repositoryName }))
    expect(imageDetails).toMatchObject([{ imageDigest: digest }])
    const layer = layers[0]?.digest as string
    expect(sha256(await registry.getBlob(repositoryName, layer))).toBe(layer)

    rmSync(filler)
    await create()
    expect((await registry.putManifest(repositoryName, 'v1', `${text} `)).status).toBe(201)
  })

  // A new data directory needs some 320 KiB: these end in the lock, the schema, and the index of the WAL.
  it.each([0, 64, 284, 296])('lets no server start when %i KiB are left, and says so', async (kibibytes) => {
    const dataDir = join(directory.path, 'another')
    fill(kibibytes * 1024)
    const { code, stderr } = await run(['--port', '0', '--data-dir', dataDir])
    expect([code, stderr]).toEqual([
      1,
      `ecr-local: no space is left on the disk that holds ${dataDir}; make some, or choose another with --data-dir\n`,
    ])
    rmSync(dataDir, { recursive: true })
  })

  describe('with an upstream', () => {
    const stream = randomBytes(SIZE)
    const image = playedImage('app', 'v1', stream)
    const name = 'cache/app'
    beforeAll(async () => {
      await aRule(client, { ecrRepositoryPrefix: 'cache' })
      await aRepository(client, { repositoryName: name })
    })

    it('cuts off who reads a layer that does not fit, and serves the next', async () => {
      const others = directory.uploads()
      const slow = heldBack(stream, 8 * MEBIBYTE)
      upstream.play(routing({ ...image.routes, [`/v2/app/blobs/${image.layer.digest}`]: slow.part }))
      const layer = await registry.send(`/v2/${name}/blobs/${image.layer.digest}`)
      const reader = (layer.body as ReadableStream<Uint8Array>).getReader()
      await reader.read()
      slow.letGo()
      // The reader is behind when the bytes are taken back.
      await vi.waitFor(() => expect(directory.uploads()).toEqual(others), PATIENCE)
      const readOn = async () => {
        while (!(await reader.read()).done);
      }
      await expect(readOn()).rejects.toThrow()
      expect((await registry.send('/v2/')).status).toBe(200)
    })

    it('refuses an image of which nothing can be kept, and has it when there is space', async () => {
      const small = playedImage('app')
      upstream.play(routing(small.routes))
      fill()
      const pull = () =>
        client.send(new BatchGetImageCommand({ repositoryName: name, imageIds: [{ imageTag: 'v1' }] }))
      await expect(pull()).rejects.toMatchObject(serverException)
      expect((await registry.send(`/v2/${name}/blobs/${small.layer.digest}`)).status).toBe(507)
      rmSync(filler)
      expect((await pull()).images).toHaveLength(1)
    })
  })

  it('is made emptier by a collection', async () => {
    const repositoryName = await aRepository(client)
    await anImage(client, repositoryName)
    await client.send(new DeleteRepositoryCommand({ repositoryName, force: true }))
    fill()
    expect(await collect(ecr.server.url)).toEqual({ layers: 0, uploads: 0, blobs: 2 })
  })

  it('is made emptier by a collection of small blobs too, which are rows, once files have gone', async () => {
    const repositoryName = await aRepository(client)
    for (let number = 0; number < 20; number += 1) await registry.pushBlob(repositoryName, randomBytes(1000))
    const { digest } = await registry.pushBlob(repositoryName, randomBytes(2 * MEBIBYTE))
    await client.send(new DeleteRepositoryCommand({ repositoryName, force: true }))
    fill()
    expect(directory.blobFiles()).toContain(digest)
    expect(await collect(ecr.server.url)).toEqual({ layers: 0, uploads: 0, blobs: 21 })
    expect(directory.blobFiles()).not.toContain(digest)
  })

  it('leaves small blobs, which are rows, to the next collection when nothing else can go', async () => {
    const repositoryName = await aRepository(client)
    await registry.pushBlob(repositoryName, randomBytes(1000))
    await client.send(new DeleteRepositoryCommand({ repositoryName, force: true }))
    fill()
    expect(await collect(ecr.server.url)).toEqual({ layers: 0, uploads: 0, blobs: 0 })
    rmSync(filler)
    expect(await collect(ecr.server.url)).toEqual({ layers: 0, uploads: 0, blobs: 1 })
  })
})
