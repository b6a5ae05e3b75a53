import { type FileHandle, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import {
  BatchGetImageCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  type ECRClient,
  GetDownloadUrlForLayerCommand,
  type ImageIdentifier,
  ListImageReferrersCommand,
} from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from '../../src/rules/media-types.ts'
import { aName, aRepository, type StoredManifest, sha512 } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { repositoryArnOf } from '../support/refusals.ts'
import { jsonOf, type RegistryClient, registryClient } from '../support/registry.ts'
import { pushSha512Image } from '../support/sha512.ts'
import { aRule, heldBack, OPEN_UPSTREAM, playedImage, playedRegistry, routing } from '../support/upstream.ts'

/** A client of the registry that the upstream shows to who has no login. */
const there = { region: 'us-east-1' }

describe('a pull through the cache', () => {
  const upstream = emulator({ anonymous: 'pull' })
  const ecr = emulator({
    get upstream() {
      return [`${OPEN_UPSTREAM}=${upstream.server.url}`]
    },
  })
  const [origin, registry] = [registryClient(upstream, there), registryClient(ecr)]
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })

  /** A repository of the upstream, and what it is called in the cache. */
  async function anUpstreamRepository(): Promise<{ name: string; cached: string; prefix: string }> {
    const name = await aRepository(upstream.client(there), { repositoryName: aName('team/app') })
    const prefix = await aRule(client)
    return { name, prefix, cached: `${prefix}/${name}` }
  }

  const batchGet = (repositoryName: string, imageIds: ImageIdentifier[]) =>
    client.send(new BatchGetImageCommand({ repositoryName, imageIds }))
  async function describeAll(repositoryName: string) {
    const { imageDetails = [] } = await client.send(new DescribeImagesCommand({ repositoryName }))
    return imageDetails.map(({ imageDigest, imageTags }) => ({ imageDigest, imageTags }))
  }

  /** The two doors, each as a way to get a manifest and the blobs of an image, and to have all of it here then. */
  const doors: [
    door: string,
    pull: (name: string, reference: string, image: StoredManifest) => Promise<string>,
  ][] = [
    [
      'the registry',
      async (name, reference, { digest, config, layers }) => {
        const answer = await registry.send(`/v2/${name}/manifests/${reference}`)
        expect(answer.headers.get('docker-content-digest')).toBe(digest)
        for (const { digest } of [config, ...layers])
          expect((await registry.getBlob(name, digest)).length).toBeGreaterThan(0)
        return answer.text()
      },
    ],
    [
      'the API',
      async (repositoryName, reference) => {
        const imageId = reference.includes(':') ? { imageDigest: reference } : { imageTag: reference }
        const { images = [], failures } = await batchGet(repositoryName, [imageId])
        expect(failures).toEqual([])
        return String(images[0]?.imageManifest)
      },
    ],
  ]

  describe.each(doors)('by %s', (_door, pull) => {
    it('brings an image by its tag, with the tag', async () => {
      const { name, cached } = await anUpstreamRepository()
      const image = await origin.pushImage(name, 'v1')
      expect(await pull(cached, 'v1', image)).toBe(image.text)
      await batchGet(cached, [{ imageDigest: image.digest }])
      expect(await describeAll(cached)).toEqual([{ imageDigest: image.digest, imageTags: ['v1'] }])
      const layer = image.layers[0]?.digest ?? ''
      expect(await registry.getBlob(cached, layer)).toEqual(await origin.getBlob(name, layer))
    })

    it('brings an image by its digest, without a tag', async () => {
      const { name, cached } = await anUpstreamRepository()
      const image = await origin.pushImage(name, 'v1')
      expect(await pull(cached, image.digest, image)).toBe(image.text)
      await batchGet(cached, [{ imageDigest: image.digest }])
      expect(await describeAll(cached)).toEqual([{ imageDigest: image.digest, imageTags: undefined }])
    })

    it('brings an image of SHA-512 by its digest', async () => {
      const { name, cached } = await anUpstreamRepository()
      const image = await pushSha512Image(origin, name)
      expect(await pull(cached, image.digest, image)).toBe(image.text)
      await batchGet(cached, [{ imageDigest: image.digest }])
      expect(await describeAll(cached)).toEqual([{ imageDigest: image.digest, imageTags: undefined }])
      for (const { digest } of image.layers)
        expect(sha512(await registry.getBlob(cached, digest))).toBe(digest)
    })

    it('brings a second tag of an image that is here', async () => {
      const { name, cached } = await anUpstreamRepository()
      const image = await origin.pushImage(name, 'v1')
      await origin.putManifest(name, 'v2', image.text)
      for (const tag of ['v1', 'v2']) await pull(cached, tag, image)
      await batchGet(cached, [{ imageTag: 'v2' }])
      expect(await describeAll(cached)).toEqual([{ imageDigest: image.digest, imageTags: ['v1', 'v2'] }])
    })

    it('brings an image in the format in which it is there', async () => {
      const { name, cached } = await anUpstreamRepository()
      const image = await origin.pushImage(name, 'v1', { mediaType: DOCKER_MANIFEST })
      expect(await pull(cached, 'v1', image)).toBe(image.text)
    })
  })

  it('brings an index with all that is in it, however deep', async () => {
    const { name, cached } = await anUpstreamRepository()
    const images = [await origin.pushImage(name), await origin.pushImage(name), await origin.pushImage(name)]
    const inner = await origin.pushIndex(name, images.slice(0, 2))
    const outer = await origin.pushIndex(name, [inner, ...images.slice(1)], 'all')
    const { images: [got] = [] } = await batchGet(cached, [{ imageTag: 'all' }])

    expect(got).toMatchObject({ imageManifest: outer.text, imageManifestMediaType: OCI_INDEX })
    const here = await describeAll(cached)
    expect(here.map(({ imageDigest }) => imageDigest).sort()).toEqual(
      [...images, inner, outer].map(({ digest }) => digest).sort(),
    )
    expect(here.at(-1)).toEqual({ imageDigest: outer.digest, imageTags: ['all'] })
    for (const { layers } of images)
      expect(await registry.getBlob(cached, layers[0]?.digest ?? '')).toHaveLength(64)
  })

  it('answers an index before its images are here, and each of them by its digest', async () => {
    const { name, cached } = await anUpstreamRepository()
    const images = [await origin.pushImage(name), await origin.pushImage(name)]
    const index = await origin.pushIndex(name, images, 'all')
    const head = await registry.send(`/v2/${cached}/manifests/all`, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-type')]).toEqual([200, OCI_INDEX])
    expect(head.headers.get('content-length')).toBe(String(index.size))
    for (const { digest, text } of [index, ...images])
      expect(await (await registry.send(`/v2/${cached}/manifests/${digest}`)).text()).toBe(text)
  })

  it('makes the repository as ECR does when nobody says how', async () => {
    const { name, cached } = await anUpstreamRepository()
    await origin.pushImage(name, 'v1')
    await batchGet(cached, [{ imageTag: 'v1' }])
    const { repositories } = await client.send(new DescribeRepositoriesCommand({ repositoryNames: [cached] }))
    expect(repositories).toMatchObject([
      { imageTagMutability: 'MUTABLE', encryptionConfiguration: { encryptionType: 'AES256' } },
    ])
  })

  it('makes it as the template for the prefix says', async () => {
    const { name, cached, prefix } = await anUpstreamRepository()
    await origin.pushImage(name, 'v1')
    const { status } = await ecr.call('CreateRepositoryCreationTemplate', {
      prefix,
      appliedFor: ['PULL_THROUGH_CACHE'],
      imageTagMutability: 'IMMUTABLE',
      resourceTags: [{ Key: 'from', Value: 'quay' }],
      customRoleArn: 'arn:aws:iam::000000000000:role/templates',
    })
    expect(status).toBe(200)
    await batchGet(cached, [{ imageTag: 'v1' }])
    const { repositories } = await client.send(new DescribeRepositoriesCommand({ repositoryNames: [cached] }))
    expect(repositories).toMatchObject([{ imageTagMutability: 'IMMUTABLE' }])
    const { body } = await ecr.call('ListTagsForResource', { resourceArn: repositoryArnOf(cached) })
    expect(body.tags).toEqual([{ Key: 'from', Value: 'quay' }])
  })

  it('fills a repository that was there before', async () => {
    const { name, cached } = await anUpstreamRepository()
    const image = await origin.pushImage(name, 'v1')
    await aRepository(client, { repositoryName: cached, imageTagMutability: 'IMMUTABLE' })
    const own = await registry.pushImage(cached, 'own')
    await batchGet(cached, [{ imageTag: 'v1' }])
    expect(await describeAll(cached)).toEqual([
      { imageDigest: own.digest, imageTags: ['own'] },
      { imageDigest: image.digest, imageTags: ['v1'] },
    ])
  })

  it('asks for the names that the rule says, of the rule with the longest prefix', async () => {
    const { name, prefix } = await anUpstreamRepository()
    const image = await origin.pushImage(name, 'v1')
    const upstreamRepositoryPrefix = name.split('/')[0]
    await aRule(client, { ecrRepositoryPrefix: `${prefix}/sub`, upstreamRepositoryPrefix })
    const rest = name.split('/')[1]
    const { images = [] } = await batchGet(`${prefix}/sub/${rest}`, [{ imageTag: 'v1' }])
    expect(images[0]?.imageId?.imageDigest).toBe(image.digest)
    const { failures = [] } = await batchGet(`${prefix}/${rest}`, [{ imageTag: 'v1' }])
    expect(failures[0]?.failureCode).toBe('ImageNotFound')
  })

  it('fills every repository by a rule for ROOT', async () => {
    const elsewhere = { region: 'eu-north-1' }
    const { name } = await anUpstreamRepository()
    const image = await origin.pushImage(name, 'v1')
    await aRule(ecr.client(elsewhere), { ecrRepositoryPrefix: 'ROOT' })
    const answer = await registryClient(ecr, elsewhere).send(`/v2/${name}/manifests/v1`)
    expect(await answer.text()).toBe(image.text)
  })

  describe('of referrers', () => {
    async function aSignedImage(): Promise<{
      cached: string
      image: StoredManifest
      signature: StoredManifest
    }> {
      const { name, cached } = await anUpstreamRepository()
      const image = await origin.pushImage(name, 'v1')
      const signature = await origin.pushImage(name, undefined, {
        artifactType: 'application/vnd.example.signature',
        subject: { mediaType: OCI_MANIFEST, digest: image.digest, size: image.size },
      })
      return { cached, image, signature }
    }

    it('brings them when the registry lists them', async () => {
      const { cached, image, signature } = await aSignedImage()
      const listed = await jsonOf(registry.send(`/v2/${cached}/referrers/${image.digest}`))
      expect(listed.manifests).toMatchObject([
        { digest: signature.digest, artifactType: 'application/vnd.example.signature' },
      ])
      expect(await registry.getBlob(cached, signature.layers[0]?.digest ?? '')).toHaveLength(64)
    })

    it('brings them when the API lists them', async () => {
      const { cached, image, signature } = await aSignedImage()
      await batchGet(cached, [{ imageTag: 'v1' }])
      const { referrers } = await client.send(
        new ListImageReferrersCommand({ repositoryName: cached, subjectId: { imageDigest: image.digest } }),
      )
      expect(referrers).toMatchObject([{ digest: signature.digest }])
    })
  })

  it('tells of each image that was asked for, and of every image that is new', async () => {
    const { name, cached, prefix } = await anUpstreamRepository()
    const image = await origin.pushImage(name)
    const index = await origin.pushIndex(name, [image], 'all')
    const last = (await ecr.server.events()).at(-1)?.id
    await batchGet(cached, [{ imageTag: 'all' }])

    const events = await ecr.server.events(last)
    expect(events.filter((event) => event['detail-type'] === 'ECR Pull Through Cache Action')).toMatchObject([
      {
        resources: [repositoryArnOf(cached)],
        detail: {
          'rule-version': '1',
          'sync-status': 'SUCCESS',
          'ecr-repository-prefix': prefix,
          'repository-name': cached,
          'upstream-registry-url': OPEN_UPSTREAM,
          'image-tag': 'all',
          'image-digest': index.digest,
        },
      },
    ])
    const pushed = events.filter((event) => event['detail-type'] === 'ECR Image Action')
    expect(pushed.map(({ detail }) => detail)).toMatchObject([
      { 'image-digest': image.digest, 'action-type': 'PUSH' },
      { 'image-digest': index.digest, 'action-type': 'PUSH', 'image-tag': 'all' },
    ])
  })

  it('gives out links to layers that have not come yet', async () => {
    const { name, cached } = await anUpstreamRepository()
    const { layers, digest } = await origin.pushImage(name, 'v1')
    const layerDigest = layers[0]?.digest ?? ''
    await aRepository(client, { repositoryName: cached })
    const { downloadUrl } = await client.send(
      new GetDownloadUrlForLayerCommand({ repositoryName: cached, layerDigest }),
    )
    expect((await (await fetch(String(downloadUrl))).arrayBuffer()).byteLength).toBe(64)
    await batchGet(cached, [{ imageDigest: digest }])
  })
})

describe('while an image comes', async () => {
  const played = await playedRegistry()
  const ecr = emulator({ upstream: [`${OPEN_UPSTREAM}=${played.url}`] })
  const registry: RegistryClient = registryClient(ecr)
  const half = Buffer.alloc(300_000, 'a')
  const whole = Buffer.concat([half, Buffer.alloc(300_000, 'b')])

  /** An image whose layer stops in the middle until it is let go. */
  function aSlowImage() {
    const image = playedImage('app', 'v1', whole)
    const { part, begun, letGo } = heldBack(whole, half.length)
    played.play(routing({ ...image.routes, [`/v2/app/blobs/${image.layer.digest}`]: part }))
    const asked = () => played.requests.filter(({ line }) => line.endsWith(image.layer.digest)).length
    return { ...image, begun, asked, letGo: () => letGo() }
  }

  async function readAtLeast(reader: ReadableStreamDefaultReader<Uint8Array>, size: number): Promise<number> {
    let read = 0
    while (read < size) {
      const { value } = await reader.read()
      if (!value) break
      read += value.length
    }
    return read
  }

  it('sends a layer as it comes, to everybody from the same download', async () => {
    const prefix = await aRule(ecr.client())
    const image = aSlowImage()
    await registry.send(`/v2/${prefix}/app/manifests/v1`)
    const path = `/v2/${prefix}/app/blobs/${image.layer.digest}`
    const [first, second] = [await registry.send(path), await registry.send(path)]
    expect(first.headers.get('content-length')).toBe(String(whole.length))
    const reader = (first.body as ReadableStream<Uint8Array>).getReader()
    expect(await readAtLeast(reader, half.length)).toBe(half.length)

    image.letGo()
    expect(await readAtLeast(reader, half.length)).toBe(half.length)
    expect(Buffer.from(await second.arrayBuffer()).equals(whole)).toBe(true)
    expect(image.asked()).toBe(1)
    expect((await registry.getBlob(`${prefix}/app`, image.layer.digest)).equals(whole)).toBe(true)
  })

  it('sends a layer as it comes to a disk that is slow', async () => {
    const handle = await open(tmpdir(), 'r')
    await handle.close()
    const handles: FileHandle = Object.getPrototypeOf(handle)
    const writev = handles.writev
    const slow = vi.spyOn(handles, 'writev')
    onTestFinished(() => slow.mockRestore())
    slow.mockImplementation(async function (this: FileHandle, ...given: Parameters<typeof writev>) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      return writev.apply(this, given)
    } as typeof writev)
    const prefix = await aRule(ecr.client())
    const image = aSlowImage()
    await registry.send(`/v2/${prefix}/app/manifests/v1`)
    const layer = await registry.send(`/v2/${prefix}/app/blobs/${image.layer.digest}`)
    const reader = (layer.body as ReadableStream<Uint8Array>).getReader()
    expect(await readAtLeast(reader, half.length)).toBe(half.length)
    image.letGo()
    expect(await readAtLeast(reader, half.length)).toBe(half.length)
  })

  it('fetches once what many pull at the same time', async () => {
    const prefix = await aRule(ecr.client())
    const image = aSlowImage()
    const pulls = Array.from({ length: 5 }, () =>
      ecr
        .client()
        .send(new BatchGetImageCommand({ repositoryName: `${prefix}/app`, imageIds: [{ imageTag: 'v1' }] })),
    )
    await image.begun
    image.letGo()
    const digests = (await Promise.all(pulls)).map(({ images }) => images?.[0]?.imageId?.imageDigest)
    expect(new Set(digests)).toEqual(new Set([image.digest]))
    expect(played.requests.map(({ line }) => line).sort()).toEqual(
      [
        'GET /v2/app/manifests/v1',
        `GET /v2/app/blobs/${image.config.digest}`,
        `GET /v2/app/blobs/${image.layer.digest}`,
      ].sort(),
    )
  })

  it('waits with a range of a layer, and with what a layer is, until it is here', async () => {
    const prefix = await aRule(ecr.client())
    const image = aSlowImage()
    await registry.send(`/v2/${prefix}/app/manifests/v1`)
    const path = `/v2/${prefix}/app/blobs/${image.layer.digest}`
    const answers = [
      registry.send(path, { headers: { range: 'bytes=299999-300000' } }),
      registry.send(path, { method: 'HEAD' }),
    ]
    await image.begun
    image.letGo()
    const [range, head] = await Promise.all(answers)
    expect([range?.status, await range?.text()]).toEqual([206, 'ab'])
    expect([head?.status, head?.headers.get('content-length')]).toEqual([200, String(whole.length)])
  })

  it('goes on when who asked for it has gone', async () => {
    const prefix = await aRule(ecr.client())
    const image = aSlowImage()
    await registry.send(`/v2/${prefix}/app/manifests/v1`)
    const gone = new AbortController()
    const layer = await registry.send(`/v2/${prefix}/app/blobs/${image.layer.digest}`, {
      signal: gone.signal,
    })
    const reader = (layer.body as ReadableStream<Uint8Array>).getReader()
    await reader.read()
    gone.abort()
    image.letGo()
    expect((await registry.getBlob(`${prefix}/app`, image.layer.digest)).equals(whole)).toBe(true)
    expect(image.asked()).toBe(1)
  })
})

describe('a pull through the cache on the wire of ECR', async () => {
  const played = await playedRegistry()
  const ecr = emulator({ wire: 'ecr', upstream: [`${OPEN_UPSTREAM}=${played.url}`] })
  const registry = registryClient(ecr)

  it('has all of an image here before it answers, as its links and formats want it', async () => {
    const prefix = await aRule(ecr.client())
    const image = playedImage('app')
    played.play(routing(image.routes))
    const accept = { headers: { accept: DOCKER_MANIFEST } }
    const answer = await registry.send(`/v2/${prefix}/app/manifests/v1`, accept)
    expect(answer.headers.get('content-type')).toBe(DOCKER_MANIFEST)
    const asked = played.requests.length

    const blob = await registry.send(`/v2/${prefix}/app/blobs/${image.layer.digest}`)
    expect(blob.status).toBe(307)
    const bytes = await (await fetch(blob.headers.get('location') ?? '')).arrayBuffer()
    expect(Buffer.from(bytes).equals(image.layer.bytes)).toBe(true)
    expect(played.requests).toHaveLength(asked)
    const described = new DescribeImagesCommand({ repositoryName: `${prefix}/app` })
    const { imageDetails: [stored] = [] } = await ecr.client().send(described)
    expect(stored?.lastRecordedPullTime).toBeInstanceOf(Date)
  })

  it('links to a layer whose image never came', async () => {
    const repositoryName = await aRepository(ecr.client(), {
      repositoryName: `${await aRule(ecr.client())}/app`,
    })
    const image = playedImage('app')
    played.play(routing(image.routes))
    const blob = await registry.send(`/v2/${repositoryName}/blobs/${image.layer.digest}`)
    expect(blob.status).toBe(307)
  })
})
