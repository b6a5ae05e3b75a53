import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import {
  BatchGetImageCommand,
  DeletePullThroughCacheRuleCommand,
  DeleteRepositoryCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  type ECRClient,
  GetDownloadUrlForLayerCommand,
} from '@aws-sdk/client-ecr'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { OCI_MANIFEST } from '../../src/rules/media-types.ts'
import { dataDirectory } from '../support/data-directory.ts'
import { emulator } from '../support/emulator.ts'
import { repositoryNotFound } from '../support/refusals.ts'
import { registryClient } from '../support/registry.ts'
import { aRule, heldBack, OPEN_UPSTREAM, playedImage, playedRegistry, routing } from '../support/upstream.ts'

/** Longer than a loaded machine needs. */
const PATIENCE = { timeout: 20_000 }

describe('an image that comes while', async () => {
  const played = await playedRegistry()
  const directory = dataDirectory()
  const ecr = emulator({ upstream: [`${OPEN_UPSTREAM}=${played.url}`], dataDir: directory.path })
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })
  afterEach(() => ecr.server.reset())

  const batchGet = (repositoryName: string) =>
    client.send(new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag: 'v1' }] }))
  const imagesIn = async (repositoryName: string) =>
    (await client.send(new DescribeImagesCommand({ repositoryName }))).imageDetails

  /** An image of which the manifest, or a layer, stops on its way, and the pull that waits for it. */
  async function aSlowPull(held: 'manifest' | 'layer') {
    const { text, layer, config, routes } = playedImage('app')
    const [path, slow] =
      held === 'manifest'
        ? ['/v2/app/manifests/v1', heldBack(Buffer.from(text), 0, { 'content-type': OCI_MANIFEST })]
        : [`/v2/app/blobs/${layer.digest}`, heldBack(layer.bytes, 10)]
    played.play(routing({ ...routes, [path]: slow.part }))
    const prefix = await aRule(client)
    const name = `${prefix}/app`
    const pull = batchGet(name)
    // Who waits for it looks at how it ended later.
    pull.catch(() => undefined)
    await slow.begun
    return { prefix, name, pull, config, routes, letGo: () => slow.letGo() }
  }

  it.each(['manifest', 'layer'] as const)(
    'the registry is reset, at its %s, leaves nothing there',
    async (held) => {
      const { name, pull, letGo } = await aSlowPull(held)
      await ecr.server.reset()
      letGo()
      await expect(pull).rejects.toMatchObject(repositoryNotFound(name))
      expect((await client.send(new DescribeRepositoriesCommand({}))).repositories).toEqual([])
      expect(await ecr.server.events()).toEqual([])
      expect(directory.uploads()).toEqual([])
    },
  )

  it('its rule is deleted makes no repository any more', async () => {
    const { prefix, name, pull, letGo } = await aSlowPull('manifest')
    await client.send(new DeletePullThroughCacheRuleCommand({ ecrRepositoryPrefix: prefix }))
    letGo()
    await expect(pull).rejects.toMatchObject(repositoryNotFound(name))
  })

  it('its rule is deleted comes whole into the repository that is there', async () => {
    const { prefix, name, pull, letGo } = await aSlowPull('layer')
    await client.send(new DeletePullThroughCacheRuleCommand({ ecrRepositoryPrefix: prefix }))
    letGo()
    expect((await pull).images).toHaveLength(1)
    expect(await imagesIn(name)).toHaveLength(1)
  })

  it('its repository is deleted does not make it again, and can be had by the next pull', async () => {
    const { name, pull, routes, letGo } = await aSlowPull('layer')
    await client.send(new DeleteRepositoryCommand({ repositoryName: name, force: true }))
    letGo()
    await expect(pull).rejects.toMatchObject(repositoryNotFound(name))
    expect(directory.uploads()).toEqual([])
    played.play(routing(routes))
    expect((await batchGet(name)).images).toHaveLength(1)
  })

  it('the clock goes on by days, so that its upload is swept away, can be had by the next pull', async () => {
    const { name, pull, routes, letGo } = await aSlowPull('layer')
    await ecr.server.clock({ advance: 'P2D' })
    letGo()
    expect((await pull).failures).toMatchObject([{ failureCode: 'UpstreamUnavailable' }])
    played.play(routing(routes))
    expect((await batchGet(name)).images).toHaveLength(1)
  })

  it('somebody asks for the link of a layer that is here already gives it out when it is whole', async () => {
    const { name, pull, config, letGo } = await aSlowPull('layer')
    await vi.waitFor(() => expect(directory.blobs()).toContain(config.digest), PATIENCE)
    const link = new GetDownloadUrlForLayerCommand({ repositoryName: name, layerDigest: config.digest })
    const asked = client.send(link)
    await imagesIn(name)
    letGo()
    expect((await fetch(String((await asked).downloadUrl))).status).toBe(200)
    await pull
  })

  it('its manifest was answered is recorded as pulled when it is here', async () => {
    const image = playedImage('app')
    played.play(routing(image.routes))
    const name = `${await aRule(client)}/app`
    await registryClient(ecr).send(`/v2/${name}/manifests/v1`)
    await vi.waitFor(async () => {
      expect((await imagesIn(name))?.[0]?.lastRecordedPullTime).toBeInstanceOf(Date)
    }, PATIENCE)
  })
})

describe('a layer that comes from an upstream', async () => {
  const played = await playedRegistry()
  const ecr = emulator({ upstream: [`${OPEN_UPSTREAM}=${played.url}`] })
  const registry = registryClient(ecr)

  it('is not whole for anybody before it has proved to be what its digest is of', async () => {
    const image = playedImage('app')
    const slow = heldBack(image.layer.bytes, 10)
    played.play(routing({ ...image.routes, [`/v2/app/blobs/${image.layer.digest}`]: slow.part }))
    const name = `${await aRule(ecr.client())}/app`
    await registry.send(`/v2/${name}/manifests/v1`)
    const answer = await registry.send(`/v2/${name}/blobs/${image.layer.digest}`)
    expect(answer.headers.get('content-length')).toBe('64')
    slow.letGo(Buffer.alloc(54, 'x'))
    await expect(answer.arrayBuffer()).rejects.toThrow()
  })

  it('ends where it ends, whatever length it has while it is compressed', async () => {
    const image = playedImage('app', 'v1', randomBytes(200_000))
    const compressed = gzipSync(image.layer.bytes)
    const slow = heldBack(compressed, 150_000, { 'content-encoding': 'gzip' })
    played.play(routing({ ...image.routes, [`/v2/app/blobs/${image.layer.digest}`]: slow.part }))
    const name = `${await aRule(ecr.client())}/app`
    await registry.send(`/v2/${name}/manifests/v1`)
    const answer = await registry.send(`/v2/${name}/blobs/${image.layer.digest}`)
    slow.letGo()
    expect(answer.headers.get('content-length')).toBeNull()
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(image.layer.bytes)
  })
})
