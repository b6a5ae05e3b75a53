import { randomUUID } from 'node:crypto'
import { statSync, writeFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import {
  BatchCheckLayerAvailabilityCommand,
  BatchDeleteImageCommand,
  DeleteRepositoryCommand,
  type ECRClient,
} from '@aws-sdk/client-ecr'
import { afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  aLayer,
  anImage,
  anUpload,
  aRepository,
  type Descriptor,
  manifestText,
  type StoredManifest,
  sendPart,
  sha256,
} from '../support/content.ts'
import { collect, dataDirectory } from '../support/data-directory.ts'
import { emulator } from '../support/emulator.ts'
import { registryClient } from '../support/registry.ts'

const HOUR = 60 * 60 * 1000

describe('sweep', () => {
  const directory = dataDirectory()
  const ecr = emulator({ dataDir: directory.path })
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })
  beforeEach(() => ecr.server.reset())
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })

  function wait(hours: number): void {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + hours * HOUR })
  }

  const gc = (options = {}) => collect(ecr.server.url, options)
  const { blobs, uploads } = directory
  const digestsOf = (...layers: Descriptor[]) => layers.map(({ digest }) => digest).sort()

  describe('of layers', () => {
    it('takes one that no image names after a day, with its bytes', async () => {
      const repositoryName = await aRepository(client)
      const layer = await aLayer(client, repositoryName)
      wait(23)
      expect(await gc()).toEqual({ layers: 0, uploads: 0, blobs: 0 })
      wait(2)
      expect(await gc()).toEqual({ layers: 1, uploads: 0, blobs: 1 })
      expect(blobs()).toEqual([])
      const command = new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests: [layer.digest] })
      expect((await client.send(command)).layers).toEqual([
        { layerAvailability: 'UNAVAILABLE', layerDigest: layer.digest },
      ])
    })

    it('leaves the bytes of one until a loss of power can no more bring it back', async () => {
      const repositoryName = await aRepository(client)
      const layer = await aLayer(client, repositoryName)
      const handle = await open(directory.path, 'r')
      await handle.close()
      const handles: FileHandle = Object.getPrototypeOf(handle)
      const datasync = handles.datasync
      let release = (): void => undefined
      const letGo = new Promise<void>((resolve) => {
        release = resolve
      })
      onTestFinished(() => release())
      vi.spyOn(handles, 'datasync').mockImplementation(async function (this: FileHandle) {
        await letGo
        return datasync.call(this)
      })
      const deleting = client.send(new DeleteRepositoryCommand({ repositoryName }))
      const command = new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests: [layer.digest] })
      await vi.waitFor(() => expect(client.send(command)).rejects.toThrow('does not exist'))
      const collecting = gc()
      await new Promise((resolve) => setTimeout(resolve, 200))
      expect(blobs()).toEqual([layer.digest])
      release()
      await deleting
      expect(await collecting).toMatchObject({ blobs: 1 })
      expect(blobs()).toEqual([])
    })

    it('takes one at once when no grace is given', async () => {
      await aLayer(client, await aRepository(client))
      wait(0.001)
      expect(await gc({ graceSeconds: 0 })).toEqual({ layers: 1, uploads: 0, blobs: 1 })
    })

    it('leaves those of an image, until the image goes', async () => {
      const repositoryName = await aRepository(client)
      const { config, layers, digest } = await anImage(client, repositoryName)
      wait(25)
      expect(await gc()).toEqual({ layers: 0, uploads: 0, blobs: 0 })
      expect(blobs()).toEqual(digestsOf(config, ...layers))

      await client.send(new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageDigest: digest }] }))
      expect(await gc()).toEqual({ layers: 2, uploads: 0, blobs: 2 })
    })

    it.each([
      [
        'a HEAD',
        async (name: string, digest: string) => {
          const { status } = await registryClient(ecr).send(`/v2/${name}/blobs/${digest}`, { method: 'HEAD' })
          expect(status).toBe(200)
        },
      ],
      [
        'BatchCheckLayerAvailability',
        async (repositoryName: string, digest: string) => {
          const input = { repositoryName, layerDigests: [digest, sha256('not here')] }
          const { layers = [] } = await client.send(new BatchCheckLayerAvailabilityCommand(input))
          expect(layers.map(({ layerAvailability }) => layerAvailability)).toEqual([
            'AVAILABLE',
            'UNAVAILABLE',
          ])
        },
      ],
    ])('gives one another day that %s found in place', async (_how, find) => {
      const repositoryName = await aRepository(client)
      const layer = await aLayer(client, repositoryName)
      wait(25)
      await find(repositoryName, layer.digest)
      expect(await gc()).toEqual({ layers: 0, uploads: 0, blobs: 0 })
      const text = manifestText(layer, [])
      const { status } = await registryClient(ecr).putManifest(repositoryName, 'kept', text)
      expect(status).toBe(201)
    })

    it('leaves one that was mounted when its source goes', async () => {
      const [source, target] = [await aRepository(client), await aRepository(client)]
      const layer = await aLayer(client, source)
      wait(25)
      const registry = registryClient(ecr)
      const mounted = `/v2/${target}/blobs/uploads/?mount=${layer.digest}&from=${source}`
      expect((await registry.send(mounted, { method: 'POST' })).status).toBe(201)
      expect(await gc()).toEqual({ layers: 1, uploads: 0, blobs: 0 })
      expect((await registry.send(`/v2/${target}/blobs/${layer.digest}`)).status).toBe(200)
    })

    it('takes bytes with their last owner, across repositories and registries', async () => {
      const bytes = Buffer.from('shared by three')
      const clients = [client, client, ecr.client({ accessKeyId: '111122223333', region: 'us-west-2' })]
      const owners = []
      for (const owner of clients) owners.push({ owner, repositoryName: await aRepository(owner) })
      for (const { owner, repositoryName } of owners) await aLayer(owner, repositoryName, bytes)
      for (const [index, { owner, repositoryName }] of owners.entries()) {
        expect(blobs()).toEqual([sha256(bytes)])
        await owner.send(new DeleteRepositoryCommand({ repositoryName, force: true }))
        const isLast = index === owners.length - 1
        expect(await gc()).toEqual({ layers: 0, uploads: 0, blobs: isLast ? 1 : 0 })
      }
      expect(blobs()).toEqual([])
    })
  })

  describe('of uploads', () => {
    const PART = Buffer.from('half of something')

    async function halfAnUpload(repositoryName: string): Promise<string> {
      const path = `/v2/${repositoryName}/blobs/uploads/${await anUpload(client, repositoryName)}`
      const { status } = await registryClient(ecr).send(path, { method: 'PATCH', body: PART })
      expect(status).toBe(202)
      return path
    }

    it('gives up one that is older than a day', async () => {
      const path = await halfAnUpload(await aRepository(client))
      wait(23)
      expect(await gc()).toEqual({ layers: 0, uploads: 0, blobs: 0 })
      expect(uploads()).toHaveLength(1)
      wait(2)
      expect(await gc()).toEqual({ layers: 0, uploads: 1, blobs: 0 })
      expect(uploads()).toEqual([])
      expect((await registryClient(ecr).send(path)).status).toBe(404)
    })

    it('removes files that belong to no upload', async () => {
      await halfAnUpload(await aRepository(client))
      const [known = ''] = uploads()
      writeFileSync(join(directory.path, 'uploads', randomUUID()), 'left by a crash')
      await gc()
      expect(uploads()).toEqual([known])
    })

    it('does not wait for a client that stalls', async () => {
      const repositoryName = await aRepository(client)
      const path = await halfAnUpload(repositoryName)
      const file = join(directory.path, 'uploads', uploads()[0] as string)
      let goOn: () => void = () => undefined
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(PART)
          goOn = () => controller.close()
        },
      })
      const stalled = registryClient(ecr).send(path, { method: 'PATCH', body, duplex: 'half' })
      await vi.waitUntil(() => statSync(file).size === 2 * PART.length)
      wait(25)
      expect(await gc()).toEqual({ layers: 0, uploads: 1, blobs: 0 })
      expect(uploads()).toEqual([])

      goOn()
      const answer = await stalled
      expect(answer.status).toBe(404)
      expect(await answer.json()).toMatchObject({ errors: [{ code: 'BLOB_UPLOAD_UNKNOWN' }] })
    })
  })

  it('takes nothing that a push under way needs', async () => {
    const repositoryName = await aRepository(client)
    const registry = registryClient(ecr)
    let isPushing = true
    let swept = 0
    const sweeps = (async () => {
      for (; isPushing; swept += 1) await gc()
    })()
    const images: StoredManifest[] = []
    while (swept < 2) {
      const pushes = Array.from({ length: 20 }, (_, index) =>
        index % 2 === 0 ? registry.pushImage(repositoryName) : anImage(client, repositoryName),
      )
      images.push(...(await Promise.all(pushes)))
    }
    isPushing = false
    await sweeps
    expect(blobs()).toEqual(digestsOf(...images.flatMap(({ config, layers }) => [config, ...layers])))
  })

  describe('after a reset', () => {
    it('has nothing left', async () => {
      const repositoryName = await aRepository(client)
      await anImage(client, repositoryName)
      await sendPart(client, repositoryName, await anUpload(client, repositoryName), Buffer.from('half'))
      await ecr.server.reset()
      expect([...blobs(), ...uploads()]).toEqual([])
    })

    it('has what other registries own', async () => {
      const bytes = Buffer.from('shared by two')
      const other = ecr.client({ region: 'us-west-2' })
      await anImage(client, await aRepository(client))
      for (const owner of [client, other]) await aLayer(owner, await aRepository(owner), bytes)
      await ecr.server.reset({ accountId: '000000000000', region: 'eu-west-1' })
      expect(blobs()).toEqual([sha256(bytes)])
    })
  })
})
