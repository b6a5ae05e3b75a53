import {
  BatchGetImageCommand,
  DescribeImagesCommand,
  type ECRClient,
  ListImageReferrersCommand,
} from '@aws-sdk/client-ecr'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { OCI_INDEX } from '../../src/rules/media-types.ts'
import { aRepository, indexText, sha256 } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { registryClient } from '../support/registry.ts'
import {
  answering,
  aRule,
  OPEN_UPSTREAM,
  type Part,
  playedImage,
  playedRegistry,
  routing,
} from '../support/upstream.ts'

const LAYER_BYTES = 10_000

describe('a tag in the cache', async () => {
  const played = await playedRegistry()
  const ecr = emulator({
    upstream: [`${OPEN_UPSTREAM}=${played.url}`],
    quotas: { layerBytes: LAYER_BYTES },
  })
  /** With a login of now: a day is longer than one lives. */
  const registry = () => registryClient(ecr)
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })
  afterEach(() => ecr.server.reset())

  async function pull(repositoryName: string, imageId: { imageTag?: string; imageDigest?: string }) {
    const { images = [] } = await client.send(
      new BatchGetImageCommand({ repositoryName, imageIds: [imageId] }),
    )
    return images[0]?.imageId?.imageDigest
  }
  const v1 = { imageTag: 'v1' }

  /** An image in the cache, and its name. */
  async function aCachedImage(tag = 'v1') {
    const image = playedImage('app', tag)
    const name = `${await aRule(client)}/app`
    played.play(routing(image.routes))
    await pull(name, { imageTag: tag })
    return { ...image, name }
  }
  const advance = (by: string) => ecr.server.clock({ advance: by })

  it('is not looked up again within a day', async () => {
    const { name, digest } = await aCachedImage()
    played.play(routing(playedImage('app').routes))
    await advance('PT23H59M')
    expect(await pull(name, v1)).toBe(digest)
    expect((await registry().send(`/v2/${name}/manifests/v1`)).headers.get('docker-content-digest')).toBe(
      digest,
    )
    expect(played.requests).toEqual([])
  })

  it.each(['the API', 'the registry'])('follows the upstream after a day, by %s', async (door) => {
    const { name, digest } = await aCachedImage()
    const newer = playedImage('app')
    played.play(routing(newer.routes))
    await advance('PT24H1M')
    if (door === 'the API') expect(await pull(name, v1)).toBe(newer.digest)
    else expect(await (await registry().send(`/v2/${name}/manifests/v1`)).text()).toBe(newer.text)

    const { imageDetails } = await client.send(new DescribeImagesCommand({ repositoryName: name }))
    expect(imageDetails?.map(({ imageDigest, imageTags }) => [imageDigest, imageTags])).toEqual([
      [digest, undefined],
      [newer.digest, ['v1']],
    ])
  })

  it('is looked up once a day when nothing has changed, and nothing is fetched', async () => {
    const { name, digest, routes } = await aCachedImage()
    played.play(routing(routes))
    await advance('P2D')
    for (let count = 0; count < 2; count += 1) expect(await pull(name, v1)).toBe(digest)
    expect(played.requests.map(({ line }) => line)).toEqual(['GET /v2/app/manifests/v1'])
    await advance('PT23H')
    expect(await pull(name, v1)).toBe(digest)
    expect(played.requests).toHaveLength(1)
  })

  const broken = playedImage('app')
  it.each<[string, Part]>([
    ['is missing there', answering(404)],
    ['is denied', answering(403)],
    ['comes too often', answering(429)],
    ['comes from a server in distress', answering(500)],
    [
      'has a layer that does not come',
      routing({ ...broken.routes, [`/v2/app/blobs/${broken.layer.digest}`]: answering(500) }),
    ],
  ])('stays what it was when it %s, and is looked up by the next pull', async (_what, part) => {
    const { name, digest, text } = await aCachedImage()
    played.play(part)
    await advance('P2D')
    expect(await pull(name, v1)).toBe(digest)
    expect(await (await registry().send(`/v2/${name}/manifests/v1`)).text()).toBe(text)
    const newer = playedImage('app')
    played.play(routing(newer.routes))
    expect(await pull(name, v1)).toBe(newer.digest)
  })

  it('stays what it was when what it moved to does not fit in', async () => {
    const { name, digest } = await aCachedImage()
    played.play(routing(playedImage('app', 'v1', Buffer.alloc(LAYER_BYTES + 1)).routes))
    await advance('P2D')
    expect(await pull(name, v1)).toBe(digest)
    expect(played.requests).not.toEqual([])
  })

  it('is looked up when the clock was put back, so that nobody knows how old it is', async () => {
    await advance('P365D')
    const { name } = await aCachedImage()
    const newer = playedImage('app')
    played.play(routing(newer.routes))
    await ecr.server.clock({ reset: true })
    expect(await pull(name, v1)).toBe(newer.digest)
  })

  it('is not looked up where it can not be moved', async () => {
    const name = `${await aRule(client)}/app`
    await aRepository(client, { repositoryName: name, imageTagMutability: 'IMMUTABLE' })
    const { routes, digest } = playedImage('app')
    played.play(routing(routes))
    await pull(name, v1)
    played.play(routing(playedImage('app').routes))
    await advance('P2D')
    expect(await pull(name, v1)).toBe(digest)
    expect(played.requests).toEqual([])
  })

  it('is not looked up when it was pushed here', async () => {
    const name = await aRepository(client, { repositoryName: `${await aRule(client)}/app` })
    const { digest } = await registry().pushImage(name, 'v1')
    played.play(routing(playedImage('app').routes))
    await advance('P2D')
    expect(await pull(name, v1)).toBe(digest)
    expect(played.requests).toEqual([])
  })

  it('is of no matter to a digest, for which nobody is asked', async () => {
    const { name, digest, config, layer } = await aCachedImage()
    played.play(answering(500))
    await advance('P90D')
    expect(await pull(name, { imageDigest: digest })).toBe(digest)
    for (const path of [`manifests/${digest}`, `blobs/${config.digest}`, `blobs/${layer.digest}`])
      expect((await registry().send(`/v2/${name}/${path}`)).status).toBe(200)
    expect(played.requests).toEqual([])
  })

  it('goes on being served when its rule is gone', async () => {
    const { name, digest } = await aCachedImage()
    await ecr.call('DeletePullThroughCacheRule', { ecrRepositoryPrefix: name.split('/')[0] })
    await advance('P2D')
    expect(await pull(name, v1)).toBe(digest)
  })

  it('has the referrers that are there, of those that are listed', async () => {
    const { name, digest } = await aCachedImage()
    const signature = playedImage('app')
    const listed = [
      { ...signature.config, digest: sha256('deleted') },
      { ...signature.config, digest: signature.digest },
    ]
    played.play(
      routing({
        ...signature.routes,
        [`/v2/app/manifests/${digest.replace(':', '-')}`]: answering(
          200,
          { 'content-type': OCI_INDEX },
          indexText(listed),
        ),
      }),
    )
    const command = { repositoryName: name, subjectId: { imageDigest: digest } }
    await client.send(new ListImageReferrersCommand(command))
    expect(await pull(name, { imageDigest: signature.digest })).toBe(signature.digest)
    expect(played.requests.filter(({ line }) => line.includes(signature.digest))).toHaveLength(1)
  })

  it('has referrers, which are looked up once a day too', async () => {
    const { name, digest } = await aCachedImage()
    const list = () =>
      client.send(new ListImageReferrersCommand({ repositoryName: name, subjectId: { imageDigest: digest } }))
    const path = `/v2/app/referrers/${digest}`
    played.play(routing({ [path]: answering(200, { 'content-type': OCI_INDEX }, indexText([])) }))
    for (let count = 0; count < 2; count += 1) expect((await list()).referrers).toEqual([])
    expect(played.requests.map(({ line }) => line)).toEqual([`GET ${path}`])

    await advance('P2D')
    played.play(answering(500))
    expect((await list()).referrers).toEqual([])
    expect(played.requests).toHaveLength(1)
  })
})
