import {
  BatchGetImageCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  type ECRClient,
  GetDownloadUrlForLayerCommand,
  ListImageReferrersCommand,
} from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it } from 'vitest'
import { aName, aRepository, indexText, sha256 } from '../support/content.ts'
import { dataDirectory } from '../support/data-directory.ts'
import { emulator } from '../support/emulator.ts'
import { blobUnknown, MANIFEST_UNKNOWN, nameUnknown, ociRefusal, toldBy } from '../support/oci-errors.ts'
import { refusal, repositoryNotFound } from '../support/refusals.ts'
import { registryClient } from '../support/registry.ts'
import {
  answering,
  aRule,
  CLOSED_UPSTREAM,
  OPEN_UPSTREAM,
  type Part,
  playedImage,
  playedRegistry,
  routing,
  secretArn,
  secretsFile,
  unusableSecrets,
} from '../support/upstream.ts'

const DENIED =
  'The authentication to the upstream registry failed. Verify that the credentials are valid and try again.'
const THROTTLED = 'The upstream registry has received too many requests. Wait and try again.'
const UNAVAILABLE = 'The upstream registry is unavailable. Wait and try again.'
const DIGEST = sha256('an image')
const LAYER_BYTES = 10_000

describe('a pull through the cache that fails', async () => {
  const played = await playedRegistry()
  const secrets = secretsFile()
  const directory = dataDirectory()
  const upstream = [OPEN_UPSTREAM, CLOSED_UPSTREAM].map((host) => `${host}=${played.url}`)
  const ecr = emulator({
    secrets: secrets.path,
    upstream,
    dataDir: directory.path,
    quotas: { repositoriesPerRegistry: 3, imagesPerRepository: 1, layerBytes: LAYER_BYTES },
  })
  const registry = registryClient(ecr)
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })

  const batchGet = (repositoryName: string, imageTag = 'v1') =>
    client.send(new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag }] }))
  const getManifest = (name: string) => registry.send(`/v2/${name}/manifests/v1`)
  const isThere = async (repositoryName: string) => {
    const { repositories = [] } = await client.send(new DescribeRepositoriesCommand({}))
    return repositories.some((repository) => repository.repositoryName === repositoryName)
  }

  const json = answering(200, { 'content-type': 'application/json' }, '{"AccessKeyId":"key"}')
  const failures: [
    what: string,
    part: Part,
    failureCode: string,
    reason: string,
    status: number,
    code: string,
  ][] = [
    ['has no image', answering(404), 'ImageNotFound', 'Requested image not found', 404, 'MANIFEST_UNKNOWN'],
    ['wants a login', answering(401), 'UpstreamAccessDenied', DENIED, 403, 'DENIED'],
    ['lets nobody in', answering(403), 'UpstreamAccessDenied', DENIED, 403, 'DENIED'],
    ['has had enough', answering(429), 'UpstreamTooManyRequests', THROTTLED, 429, 'TOOMANYREQUESTS'],
    ['is in distress', answering(503), 'UpstreamUnavailable', UNAVAILABLE, 502, 'UNKNOWN'],
    ['hangs up', ({ socket }) => socket.destroy(), 'UpstreamUnavailable', UNAVAILABLE, 502, 'UNKNOWN'],
    ['sends no manifest', answering(200, {}, '<html>'), 'UpstreamUnavailable', UNAVAILABLE, 502, 'UNKNOWN'],
    ['sends no type', answering(200, {}, '{}'), 'UpstreamUnavailable', UNAVAILABLE, 502, 'UNKNOWN'],
    ['sends other JSON', json, 'UpstreamUnavailable', UNAVAILABLE, 502, 'UNKNOWN'],
  ]
  describe.each(failures)('as the upstream %s', (_what, part, failureCode, failureReason, status, code) => {
    it('is told by both doors, and leaves no repository', async () => {
      const name = `${await aRule(client)}/app`
      played.play(part)
      const imageId = { imageTag: 'v1' }
      expect(await batchGet(name)).toMatchObject({
        images: [],
        failures: [{ imageId, failureCode, failureReason }],
      })
      expect(await toldBy(getManifest(name))).toEqual(ociRefusal(status, code, failureReason))
      expect(await isThere(name)).toBe(false)
    })
  })

  it('is of a repository that is missing where no rule is for it', async () => {
    const name = aName('app')
    played.play(answering(500))
    await expect(batchGet(name)).rejects.toMatchObject(repositoryNotFound(name))
    expect(await toldBy(getManifest(name))).toEqual(nameUnknown(name))
    expect(played.requests).toEqual([])
  })

  it.each(['../../etc', '-v1', 'sha512:abc'])(
    'asks for nothing that is no reference: %s',
    async (reference) => {
      const prefix = await aRule(client)
      played.play(answering(200, {}, '{}'))
      const path = `/v2/${prefix}/app/manifests/${encodeURIComponent(reference)}`
      expect(await toldBy(registry.send(path))).toEqual(nameUnknown(`${prefix}/app`))
      expect(played.requests).toEqual([])
    },
  )

  it('is of one image of a batch: the others come', async () => {
    const { routes, digest } = playedImage('app')
    played.play(routing({ ...routes, '/v2/app/manifests/v2': answering(429) }))
    const repositoryName = `${await aRule(client)}/app`
    const imageIds = ['v1', 'v2', 'v3'].map((imageTag) => ({ imageTag }))
    const { images, failures } = await client.send(new BatchGetImageCommand({ repositoryName, imageIds }))
    expect(images?.map(({ imageId }) => imageId)).toEqual([{ imageDigest: digest, imageTag: 'v1' }])
    expect(failures).toMatchObject([
      { imageId: { imageTag: 'v2' }, failureCode: 'UpstreamTooManyRequests' },
      { imageId: { imageTag: 'v3' }, failureCode: 'ImageNotFound' },
    ])
    await ecr.server.reset()
  })

  it.each(unusableSecrets)('has a secret %s', async (_what, content, _name, reason) => {
    secrets.write({ 'ecr-pullthroughcache/hub': { username: 'ann', accessToken: 'token' } })
    const prefix = await aRule(client, {
      upstreamRegistryUrl: CLOSED_UPSTREAM,
      credentialArn: secretArn('hub-Ab3dE6'),
    })
    if (content === undefined) secrets.remove()
    else secrets.write(content)
    played.play(answering(200))
    const message = `The image could not be pulled using the pull through cache rule. ${reason}`
    await expect(batchGet(`${prefix}/app`)).rejects.toMatchObject(
      refusal('UnableToGetUpstreamImageException', message),
    )
    expect(await toldBy(getManifest(`${prefix}/app`))).toEqual(ociRefusal(403, 'DENIED', message))
    expect(played.requests).toEqual([])
  })

  it('makes no repository above the quota', async () => {
    await ecr.server.reset()
    for (let count = 0; count < 3; count += 1) await aRepository(client)
    played.play(routing(playedImage('app').routes))
    const name = `${await aRule(client)}/app`
    await expect(batchGet(name)).rejects.toMatchObject({ name: 'LimitExceededException' })
    expect((await toldBy(getManifest(name))).code).toBe('DENIED')
    await ecr.server.reset()
  })

  it('is told in the words of each operation when a quota is in the way', async () => {
    await ecr.server.reset()
    const repositoryName = await aRepository(client, { repositoryName: `${await aRule(client)}/app` })
    const large = playedImage('app', 'v2', Buffer.alloc(LAYER_BYTES + 1))
    const [first, second] = [playedImage('app'), playedImage('app')]
    const listing = answering(200, {}, indexText([{ ...large.config, digest: second.digest }]))
    const referrers = { [`/v2/app/referrers/${DIGEST}`]: listing }
    played.play(routing({ ...large.routes, ...second.routes, ...first.routes, ...referrers }))
    const layerDigest = large.layer.digest
    const url = client.send(new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest }))
    await expect(url).rejects.toMatchObject({ name: 'UnableToGetUpstreamLayerException' })

    expect((await batchGet(repositoryName)).images).toHaveLength(1)
    const subjectId = { imageDigest: DIGEST }
    const list = client.send(new ListImageReferrersCommand({ repositoryName, subjectId }))
    await expect(list).rejects.toMatchObject({ name: 'UnableToListUpstreamImageReferrersException' })
    await ecr.server.reset()
  })

  describe('half way', () => {
    const image = playedImage('app')
    const child = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: image.digest, size: 1 }
    const index = answering(200, {}, indexText([child]))
    const cut: Part = (_request, response) => {
      response.writeHead(200, { 'content-length': 64 })
      response.write('x', () => response.destroy())
    }
    it.each<[string, Record<string, Part>]>([
      ['a layer that is missing', { [`/v2/app/blobs/${image.layer.digest}`]: answering(404) }],
      [
        'other bytes than the digest is of',
        { [`/v2/app/blobs/${image.layer.digest}`]: answering(200, {}, 'x') },
      ],
      ['a connection that is cut', { [`/v2/app/blobs/${image.layer.digest}`]: cut }],
      [
        'an image of an index that is missing',
        { '/v2/app/manifests/v1': index, [`/v2/app/manifests/${image.digest}`]: answering(404) },
      ],
      [
        'an image of an index that is another',
        { '/v2/app/manifests/v1': index, [`/v2/app/manifests/${image.digest}`]: answering(200, {}, '{}') },
      ],
    ])('for %s leaves nothing behind, and can be had later', async (_what, broken) => {
      await ecr.server.reset()
      const repositoryName = `${await aRule(client)}/app`
      const last = (await ecr.server.events()).at(-1)?.id
      played.play(routing({ ...image.routes, ...broken }))
      const { failures } = await batchGet(repositoryName)
      expect(failures).toMatchObject([{ failureCode: 'UpstreamUnavailable', failureReason: UNAVAILABLE }])
      expect((await client.send(new DescribeImagesCommand({ repositoryName }))).imageDetails).toEqual([])
      expect(directory.uploads()).toEqual([])
      expect((await ecr.server.events(last)).map(({ detail }) => detail)).toMatchObject([
        { 'sync-status': 'FAILED', 'image-tag': 'v1', 'repository-name': repositoryName },
      ])

      played.play(routing(image.routes))
      expect((await batchGet(repositoryName)).images).toHaveLength(1)
    })

    it('cuts off who reads a layer that does not come whole', async () => {
      await ecr.server.reset()
      const name = `${await aRule(client)}/app`
      let cutOff = () => {}
      const hanging: Part = (_request, response) => {
        response.writeHead(200, { 'content-length': 64 }).write('x')
        cutOff = () => response.destroy()
      }
      played.play(routing({ ...image.routes, [`/v2/app/blobs/${image.layer.digest}`]: hanging }))
      await getManifest(name)
      const layer = await registry.send(`/v2/${name}/blobs/${image.layer.digest}`)
      const reader = (layer.body as ReadableStream<Uint8Array>).getReader()
      expect((await reader.read()).value).toEqual(new Uint8Array(Buffer.from('x')))
      cutOff()
      await expect(reader.read()).rejects.toThrow()
    })

    it.each<[Part, number, string]>([
      [answering(403), 403, 'DENIED'],
      [answering(429), 429, 'TOOMANYREQUESTS'],
      [answering(500), 502, 'UNKNOWN'],
    ])('tells who asks for a layer why there is none', async (part, status, code) => {
      await ecr.server.reset()
      const repositoryName = await aRepository(client, { repositoryName: `${await aRule(client)}/app` })
      played.play(part)
      const told = await toldBy(registry.send(`/v2/${repositoryName}/blobs/${DIGEST}`))
      expect([told.status, told.code]).toEqual([status, code])
      const url = client.send(new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest: DIGEST }))
      await expect(url).rejects.toMatchObject(
        refusal(
          'UnableToGetUpstreamLayerException',
          `The layer with digest '${DIGEST}' could not be pulled from the upstream registry. ${told.message}`,
        ),
      )
    })

    it('knows no layer that the upstream does not know', async () => {
      await ecr.server.reset()
      const repositoryName = await aRepository(client, { repositoryName: `${await aRule(client)}/app` })
      played.play(answering(404))
      const told = await toldBy(registry.send(`/v2/${repositoryName}/blobs/${DIGEST}`))
      expect(told).toEqual(blobUnknown(repositoryName, DIGEST))
      const url = client.send(new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest: DIGEST }))
      await expect(url).rejects.toMatchObject({ name: 'LayersNotFoundException' })
    })

    it('is given up when the server stops, and begins anew with the next pull', async () => {
      await ecr.server.reset()
      const name = `${await aRule(client)}/app`
      const asked = new Promise<void>((resolve) => {
        const hanging: Part = (_request, response) => {
          response.writeHead(200, { 'content-length': 64 }).write('x', () => resolve())
        }
        played.play(routing({ ...image.routes, [`/v2/app/blobs/${image.layer.digest}`]: hanging }))
      })
      await getManifest(name)
      await asked
      await ecr.restart()
      client = ecr.client()
      expect(directory.uploads()).toEqual([])
      played.play(routing(image.routes))
      expect((await batchGet(name)).images).toHaveLength(1)
    })
  })

  describe('for referrers', () => {
    const list = (repositoryName: string) =>
      client.send(new ListImageReferrersCommand({ repositoryName, subjectId: { imageDigest: DIGEST } }))

    it.each<[Part, string, number, string]>([
      [answering(401), DENIED, 403, 'DENIED'],
      [answering(429), THROTTLED, 429, 'TOOMANYREQUESTS'],
      [answering(200, {}, 'x'), UNAVAILABLE, 502, 'UNKNOWN'],
    ])('is told by both doors', async (part, reason, status, code) => {
      await ecr.server.reset()
      const name = await aRepository(client, { repositoryName: `${await aRule(client)}/app` })
      played.play(part)
      const message = `The referrers of the image with digest '${DIGEST}' could not be listed at the upstream registry. ${reason}`
      await expect(list(name)).rejects.toMatchObject(
        refusal('UnableToListUpstreamImageReferrersException', message),
      )
      const told = await toldBy(registry.send(`/v2/${name}/referrers/${DIGEST}`))
      expect(told).toEqual(ociRefusal(status, code, reason))
    })

    it('knows no repository that the upstream has no referrers in', async () => {
      await ecr.server.reset()
      const name = `${await aRule(client)}/app`
      played.play(answering(404))
      await expect(list(name)).rejects.toMatchObject(repositoryNotFound(name))
    })
  })

  it('tells of an image that the upstream has lost as of any', async () => {
    await ecr.server.reset()
    const name = await aRepository(client, { repositoryName: `${await aRule(client)}/app` })
    played.play(answering(404))
    expect(await toldBy(getManifest(name))).toEqual(MANIFEST_UNKNOWN)
  })
})
