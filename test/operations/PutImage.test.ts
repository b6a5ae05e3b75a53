import { randomBytes } from 'node:crypto'
import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  DescribeImagesCommand,
  type ECRClient,
  type ImageDetail,
  PutImageCommand,
  PutImageTagMutabilityCommand,
} from '@aws-sdk/client-ecr'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  DOCKER_CONFIG,
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  DOCKER_MANIFEST_V1,
  DOCKER_MANIFEST_V1_SIGNED,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_MANIFEST,
} from '../../src/rules/media-types.ts'
import {
  aLayer,
  aName,
  anImage,
  anIndex,
  aRepository,
  type Descriptor,
  indexText,
  type ManifestOptions,
  manifestText,
  OCI_LAYER,
  sha256,
} from '../support/content.ts'
import { collect } from '../support/data-directory.ts'
import { emulator } from '../support/emulator.ts'
import {
  DEFAULT_ACCOUNT,
  invalidParameter,
  invalidRepositoryMembers,
  refusal,
  repositoryNotFound,
} from '../support/refusals.ts'
import { registryClient } from '../support/registry.ts'

const MAX_MANIFEST_BYTES = 4 * 1024 * 1024

/** A descriptor of bytes that nobody has uploaded. */
function absent(mediaType = OCI_LAYER): Descriptor {
  const bytes = randomBytes(16)
  return { mediaType, digest: sha256(bytes), size: bytes.length }
}

describe('PutImage', () => {
  const ecr = emulator()
  let client: ECRClient
  let repositoryName: string
  beforeAll(async () => {
    client = ecr.client()
    repositoryName = await aRepository(client)
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const put = (imageManifest: string, settings: object = {}) =>
    client.send(new PutImageCommand({ repositoryName, imageManifest, ...settings }))

  /** The text of a manifest whose config and layer are here, a new one at each call. */
  const aManifest = async (options: ManifestOptions = {}, name = repositoryName): Promise<string> => {
    const config = await aLayer(client, name, randomBytes(32), options.configType ?? OCI_CONFIG)
    return manifestText(config, [await aLayer(client, name)], options)
  }

  const describeOne = async (
    imageDigest: string,
    name = repositoryName,
  ): Promise<ImageDetail | undefined> => {
    const imageIds = [{ imageDigest }]
    const input = { repositoryName: name, imageIds }
    return (await client.send(new DescribeImagesCommand(input))).imageDetails?.[0]
  }

  describe('validation', () => {
    it.each([
      ...invalidRepositoryMembers,
      ['imageManifest', 'Member must not be null', { imageManifest: undefined }],
      ['imageManifest', 'Member must have length greater than or equal to 1', { imageManifest: '' }],
      [
        'imageManifest',
        'Member must have length less than or equal to 4194304',
        { imageManifest: ' '.repeat(MAX_MANIFEST_BYTES + 1) },
      ],
      ['imageTag', 'Member must have length greater than or equal to 1', { imageTag: '' }],
      ['imageTag', 'Member must have length less than or equal to 300', { imageTag: 'a'.repeat(301) }],
      ['imageTag', "must satisfy regular expression '[a-zA-Z0-9-_.]+'", { imageTag: 'v1+build' }],
    ])('says of %s: %s', async (member, constraint, input) => {
      await expect(put('{}', input)).rejects.toMatchObject(invalidParameter(member, constraint))
    })

    it('calls half of a character no JSON manifest', async () => {
      const imageManifest = `{"schemaVersion":2,"config":"\ud800"}`
      const { status, body } = await ecr.call('PutImage', { repositoryName, imageManifest })
      expect([status, body.message]).toEqual([
        400,
        "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'",
      ])
    })

    it.each(['not JSON', '{"schemaVersion":2,}', '[]', '"text"', 'null', '42', '\ufeff{}', '{} {}'])(
      'calls %j no JSON manifest',
      async (text) => {
        await expect(put(text)).rejects.toMatchObject(
          invalidParameter('ImageManifest', 'Invalid JSON syntax'),
        )
      },
    )

    const digest = sha256('something')
    it.each([
      [{ config: 'text' }, "Member 'config' must be an object"],
      [{ layers: {} }, "Member 'layers' must be a list of objects"],
      [{ layers: ['text'] }, "Member 'layers' must be a list of objects"],
      [{ manifests: [null] }, "Member 'manifests' must be a list of objects"],
      [{ config: {} }, "Invalid digest '' in a descriptor"],
      [{ layers: [{ digest: 'sha256:00', size: 1 }] }, "Invalid digest 'sha256:00' in a descriptor"],
      [{ subject: { digest: 'latest' } }, "Invalid digest 'latest' in a descriptor"],
      [{ config: { digest } }, `Invalid size in the descriptor of ${digest}`],
      [{ config: { digest, size: -1 } }, `Invalid size in the descriptor of ${digest}`],
      [{ artifactType: 1 }, "Member 'artifactType' must be a string"],
    ])('refuses a manifest with %j', async (members, reason) => {
      const text = JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, ...members })
      await expect(put(text)).rejects.toMatchObject(invalidParameter('ImageManifest', reason))
    })

    it('needs to know the media type', async () => {
      const text = (await aManifest()).replace(`"mediaType":"${OCI_MANIFEST}",`, '')
      const constraint = 'Must be provided when the image manifest does not contain the mediaType field'
      await expect(put(text)).rejects.toMatchObject(invalidParameter('imageManifestMediaType', constraint))
    })

    it('refuses a media type that the manifest contradicts', async () => {
      const constraint = `'${DOCKER_MANIFEST}' does not match the mediaType '${OCI_MANIFEST}' of the image manifest`
      await expect(put(await aManifest(), { imageManifestMediaType: DOCKER_MANIFEST })).rejects.toMatchObject(
        invalidParameter('imageManifestMediaType', constraint),
      )
    })

    it.each(['json', 'application/json; charset=utf-8', 'a/b\r\nx-header: 1'])(
      'refuses %j, which is no media type',
      async (imageManifestMediaType) => {
        const reason = `Unsupported media type '${imageManifestMediaType}'`
        const sent = put('{"schemaVersion":2}', { imageManifestMediaType })
        await expect(sent).rejects.toMatchObject(invalidParameter('ImageManifest', reason))
      },
    )
  })

  describe('refusals', () => {
    const missing = (exception: string, what: string, digests: string[]) =>
      refusal(
        exception,
        `${what} with digests '[${digests.join(', ')}]' required for pushing image into repository with name '${repositoryName}' in the registry with id '${DEFAULT_ACCOUNT}' do not exist`,
      )
    const layersNotFound = (...layers: Descriptor[]) =>
      missing(
        'LayersNotFoundException',
        'Layers',
        layers.map(({ digest }) => digest),
      )
    const referencedImagesNotFound = (...children: Descriptor[]) =>
      missing(
        'ReferencedImagesNotFoundException',
        'Images',
        children.map(({ digest }) => digest),
      )
    const imageAlreadyExists = (digest: string, tag = 'null') =>
      refusal(
        'ImageAlreadyExistsException',
        `Image with digest '${digest}' and tag '${tag}' already exists in the repository with name '${repositoryName}' in registry with id '${DEFAULT_ACCOUNT}'`,
      )
    const tagAlreadyExists = (tag: string, name: string) =>
      refusal(
        'ImageTagAlreadyExistsException',
        `The image tag '${tag}' already exists in the '${name}' repository and cannot be overwritten because the tag is immutable.`,
      )

    it('refuses a repository that is not there, whatever the manifest', async () => {
      const name = aName()
      for (const text of ['not JSON', await aManifest()])
        await expect(put(text, { repositoryName: name })).rejects.toMatchObject(repositoryNotFound(name))
    })

    it('refuses a digest that the manifest has not', async () => {
      const [text, given] = [await aManifest(), sha256('another')]
      const message = `The provided image digest '${given}' does not match the calculated image digest '${sha256(text)}'`
      await expect(put(text, { imageDigest: given })).rejects.toMatchObject(
        refusal('ImageDigestDoesNotMatchException', message),
      )
    })

    it('refuses a manifest whose config and layers are not all here, and names those', async () => {
      const here = await aLayer(client, repositoryName)
      const [config, first, second] = [absent(OCI_CONFIG), absent(), absent()]
      const text = manifestText(config, [first, here, second, first])
      await expect(put(text)).rejects.toMatchObject(layersNotFound(config, first, second))
    })

    it('refuses layers that only another repository has', async () => {
      const other = await aRepository(client)
      const config = await aLayer(client, other, randomBytes(32), OCI_CONFIG)
      await expect(put(manifestText(config, []))).rejects.toMatchObject(layersNotFound(config))
    })

    it.each([DOCKER_MANIFEST_V1, DOCKER_MANIFEST_V1_SIGNED])('looks for the layers of %s', async (type) => {
      const [here, gone] = [await aLayer(client, repositoryName), absent()]
      const fsLayers = [here, gone].map(({ digest }) => ({ blobSum: digest }))
      const sent = put(JSON.stringify({ schemaVersion: 1, fsLayers }), { imageManifestMediaType: type })
      await expect(sent).rejects.toMatchObject(layersNotFound(gone))
    })

    it('refuses an index whose manifests are not all here, and names those', async () => {
      const [here, first, second] = [
        await anImage(client, repositoryName),
        absent(OCI_MANIFEST),
        absent(OCI_INDEX),
      ]
      const sent = put(indexText([first, here, second]))
      await expect(sent).rejects.toMatchObject(referencedImagesNotFound(first, second))
    })

    it('refuses an index over manifests that only another repository has', async () => {
      const image = await anImage(client, await aRepository(client))
      await expect(put(indexText([image]))).rejects.toMatchObject(referencedImagesNotFound(image))
    })

    it('refuses an image that is here: untagged, or under the same tag', async () => {
      const text = await aManifest()
      const digest = sha256(text)
      await put(text)
      await expect(put(text)).rejects.toMatchObject(imageAlreadyExists(digest))
      await put(text, { imageTag: 'one' })
      await expect(put(text, { imageTag: 'one' })).rejects.toMatchObject(imageAlreadyExists(digest, 'one'))
      await expect(put(text)).rejects.toMatchObject(imageAlreadyExists(digest))
    })

    it('takes an image from one of many who put it at once', async () => {
      const text = await aManifest()
      const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => put(text, { imageTag: 'race' })))
      const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
      expect(refused).toHaveLength(3)
      for (const error of refused) expect(error).toMatchObject(imageAlreadyExists(sha256(text), 'race'))
    })

    it('rejects a second digest for an immutable tag, and even the same one', async () => {
      const name = await aRepository(client, { imageTagMutability: 'IMMUTABLE' })
      const [first, second] = [await aManifest({}, name), await aManifest({}, name)]
      await put(first, { repositoryName: name, imageTag: 'v1' })
      for (const text of [second, first]) {
        const sent = put(text, { repositoryName: name, imageTag: 'v1' })
        await expect(sent).rejects.toMatchObject(tagAlreadyExists('v1', name))
      }
      await put(second, { repositoryName: name, imageTag: 'v2' })
      await put(second, { repositoryName: name, imageTag: 'v3' })
      expect((await describeOne(sha256(first), name))?.imageTags).toEqual(['v1'])
      expect((await describeOne(sha256(second), name))?.imageTags).toEqual(['v2', 'v3'])
    })

    it.each([
      ['IMMUTABLE_WITH_EXCLUSION', 'v1', 'latest'],
      ['MUTABLE_WITH_EXCLUSION', 'latest', 'v1'],
    ] as const)(
      'moves tags in a repository that is %s by its filter',
      async (mutability, immutable, mutable) => {
        const filters = [{ filterType: 'WILDCARD' as const, filter: 'lat*' }]
        const exclusions = { imageTagMutabilityExclusionFilters: filters }
        const name = await aRepository(client, { imageTagMutability: mutability, ...exclusions })
        const [first, second] = [await aManifest({}, name), await aManifest({}, name)]
        for (const imageTag of [immutable, mutable]) await put(first, { repositoryName: name, imageTag })
        await put(second, { repositoryName: name, imageTag: mutable })
        const sent = put(second, { repositoryName: name, imageTag: immutable })
        await expect(sent).rejects.toMatchObject(tagAlreadyExists(immutable, name))
      },
    )

    it('checks in this order: JSON, digest, layers, referenced images, tag, image', async () => {
      const name = await aRepository(client)
      const image = await anImage(client, name, { imageTag: 'v1' })
      const input = { imageTagMutability: 'IMMUTABLE' as const, repositoryName: name }
      await client.send(new PutImageTagMutabilityCommand(input))
      const settings = { repositoryName: name, imageTag: 'v1' }
      const [layer, child, imageDigest] = [absent(), absent(OCI_MANIFEST), sha256('another')]
      const errorOf = (text: string, more: object = {}) =>
        put(text, { ...settings, ...more }).catch((error: Error) => error.name)

      expect(await errorOf('{', { imageDigest })).toBe('InvalidParameterException')
      const all = indexText([child], { layers: [layer] })
      expect(await errorOf(all, { imageDigest })).toBe('ImageDigestDoesNotMatchException')
      expect(await errorOf(all)).toBe('LayersNotFoundException')
      expect(await errorOf(indexText([child]))).toBe('ReferencedImagesNotFoundException')
      expect(await errorOf(image.text)).toBe('ImageTagAlreadyExistsException')
      expect(await errorOf(image.text, { imageTag: undefined })).toBe('ImageAlreadyExistsException')
    })
  })

  describe('effects', () => {
    it('answers the image and keeps its text to the byte', async () => {
      const text = `${(await aManifest({ annotations: { note: 'ä€😀' } })).replace('{', '{\n\t ')}\r\n`
      const digest = sha256(text)
      const { image } = await put(text, { imageTag: 'exact', imageDigest: digest })
      const stored = {
        registryId: DEFAULT_ACCOUNT,
        repositoryName,
        imageId: { imageDigest: digest, imageTag: 'exact' },
        imageManifest: text,
        imageManifestMediaType: OCI_MANIFEST,
      }
      expect(image).toEqual(stored)
      const imageIds = [{ imageTag: 'exact' }]
      const { images } = await client.send(new BatchGetImageCommand({ repositoryName, imageIds }))
      expect(images).toEqual([stored])
    })

    it('describes the image at once, with size, time and types', async () => {
      vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-05-04T03:02:01.123Z') })
      const { digest, layers, config } = await anImage(client, repositoryName, { imageTag: 'described' })
      expect(await describeOne(digest)).toMatchObject({
        imageTags: ['described'],
        imagePushedAt: new Date('2026-05-04T03:02:01.123Z'),
        imageSizeInBytes: config.size + (layers[0]?.size ?? 0),
        imageManifestMediaType: OCI_MANIFEST,
        artifactMediaType: OCI_CONFIG,
      })
    })

    it('stores an image without a tag', async () => {
      const { image } = await put(await aManifest())
      expect(image?.imageId).toEqual({ imageDigest: sha256(image?.imageManifest ?? '') })
      expect(await describeOne(image?.imageId?.imageDigest ?? '')).not.toHaveProperty('imageTags')
    })

    it('takes the media type from the parameter when the manifest has none', async () => {
      const text = (await aManifest()).replace(`"mediaType":"${OCI_MANIFEST}",`, '')
      const { image } = await put(text, { imageManifestMediaType: DOCKER_MANIFEST })
      expect(image).toMatchObject({ imageManifest: text, imageManifestMediaType: DOCKER_MANIFEST })
    })

    it('adds a tag to an image that is here, and does not call it pushed again', async () => {
      vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-01-01') })
      const text = await aManifest()
      await put(text, { imageTag: 'before' })
      vi.setSystemTime(new Date('2026-02-02'))
      await put(text, { imageTag: 'after' })
      expect(await describeOne(sha256(text))).toMatchObject({
        imageTags: ['after', 'before'],
        imagePushedAt: new Date('2026-01-01'),
      })
    })

    it('moves a tag, and the image that had it stays', async () => {
      const first = await anImage(client, repositoryName, { imageTag: 'moving' })
      const second = await anImage(client, repositoryName, { imageTag: 'moving' })
      expect(await describeOne(first.digest)).not.toHaveProperty('imageTags')
      expect((await describeOne(second.digest))?.imageTags).toEqual(['moving'])
    })

    it.each(['a', '-leading', '.dot', '_', 'A'.repeat(300), `sha256-${'0'.repeat(64)}.sig`])(
      'takes the tag %s',
      async (imageTag) => {
        expect((await put(await aManifest(), { imageTag })).image?.imageId?.imageTag).toBe(imageTag)
      },
    )

    it('takes a manifest of 4 MiB', async () => {
      const text = (await aManifest()).padEnd(MAX_MANIFEST_BYTES)
      const { image } = await put(text)
      expect(image?.imageId?.imageDigest).toBe(sha256(text))
      const tooLarge = invalidParameter(
        'imageManifest',
        'Member must have length less than or equal to 4194304',
      )
      await expect(put(`${text} `)).rejects.toMatchObject(tooLarge)
      // No more characters than are allowed, but more bytes.
      await expect(put(text.replace(/ {2}$/, ' ä'))).rejects.toMatchObject(tooLarge)
    })

    it.each<[string, ManifestOptions & { mediaType: string }, string]>([
      ['a Docker image', { mediaType: DOCKER_MANIFEST, configType: DOCKER_CONFIG }, DOCKER_CONFIG],
      ['an OCI image', { mediaType: OCI_MANIFEST }, OCI_CONFIG],
      [
        'a Helm chart',
        { mediaType: OCI_MANIFEST, configType: 'application/vnd.cncf.helm.config.v1+json' },
        'application/vnd.cncf.helm.config.v1+json',
      ],
      [
        'an artifact with a type of its own',
        { mediaType: OCI_MANIFEST, artifactType: 'application/vnd.example' },
        'application/vnd.example',
      ],
      [
        'an image of a type that no specification names',
        { mediaType: 'application/vnd.example.manifest+json' },
        OCI_CONFIG,
      ],
    ])('stores %s', async (_, options, artifactMediaType) => {
      const { digest } = await anImage(client, repositoryName, options)
      const types = { imageManifestMediaType: options.mediaType, artifactMediaType }
      expect(await describeOne(digest)).toMatchObject(types)
    })

    it.each([DOCKER_MANIFEST_V1, DOCKER_MANIFEST_V1_SIGNED])('stores an image of %s', async (type) => {
      const layer = await aLayer(client, repositoryName)
      const fsLayers = [layer, layer].map(({ digest }) => ({ blobSum: digest }))
      // What schema 1 has no such member for is not read: a config here would be no descriptor.
      const text = JSON.stringify({ schemaVersion: 1, name: 'a/b', tag: 'v1', fsLayers, config: 'text' })
      const { image } = await put(text, { imageManifestMediaType: type })
      const detail = await describeOne(image?.imageId?.imageDigest ?? '')
      expect(detail).toMatchObject({ imageManifestMediaType: type, imageSizeInBytes: 64 })
      expect(detail).not.toHaveProperty('artifactMediaType')
    })

    it.each([
      ['an index', OCI_INDEX],
      ['a Docker list', DOCKER_MANIFEST_LIST],
    ])('stores %s with the size of its largest child', async (_, mediaType) => {
      const [small, large] = [
        await anImage(client, repositoryName),
        await aLayer(client, repositoryName, randomBytes(999)),
      ]
      const config = await aLayer(client, repositoryName, randomBytes(32), OCI_CONFIG)
      const text = manifestText(config, [large])
      await put(text)
      const child = { mediaType: OCI_MANIFEST, digest: sha256(text), size: text.length }
      const { image } = await put(indexText([small, child, small], { mediaType }))
      const detail = await describeOne(image?.imageId?.imageDigest ?? '')
      expect(detail).toMatchObject({ imageManifestMediaType: mediaType, imageSizeInBytes: 999 + 32 })
      expect(detail).not.toHaveProperty('artifactMediaType')
    })

    it('stores an index of indexes, of artifacts, and of nothing', async () => {
      const artifact = await anImage(client, repositoryName, { artifactType: 'application/vnd.example' })
      const empty = await anIndex(client, repositoryName, [], { artifactType: 'application/vnd.example.set' })
      const inner = await anIndex(client, repositoryName, [artifact, empty])
      const outer = await anIndex(client, repositoryName, [inner, artifact], { imageTag: 'turtles' })
      expect(await describeOne(outer.digest)).toMatchObject({
        imageTags: ['turtles'],
        imageSizeInBytes: 64 + 32,
      })
      expect((await describeOne(empty.digest))?.artifactMediaType).toBe('application/vnd.example.set')
    })

    it('stores a referrer before the image that it refers to', async () => {
      const subject = absent(OCI_MANIFEST)
      const { digest } = await anImage(client, repositoryName, { subject })
      expect((await describeOne(digest))?.subjectManifestDigest).toBe(subject.digest)
    })

    describe('of a layer that may lie elsewhere', () => {
      const type = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'
      const foreign = (layer: Descriptor) => ({
        ...layer,
        mediaType: type,
        urls: ['https://example.com/layer'],
      })

      it('does not need it', async () => {
        const config = await aLayer(client, repositoryName, randomBytes(32), OCI_CONFIG)
        const { image } = await put(manifestText(config, [foreign(absent())]))
        expect((await describeOne(image?.imageId?.imageDigest ?? ''))?.imageSizeInBytes).toBe(32)
      })

      it('keeps it when it was pushed nevertheless', async () => {
        const name = await aRepository(client)
        const config = await aLayer(client, name, randomBytes(32), OCI_CONFIG)
        const layer = await aLayer(client, name)
        const { image } = await put(manifestText(config, [foreign(layer)]), { repositoryName: name })
        expect((await describeOne(image?.imageId?.imageDigest ?? '', name))?.imageSizeInBytes).toBe(64 + 32)
        await collect(ecr.server.url, { graceSeconds: 0 })
        expect(sha256(await registryClient(ecr).getBlob(name, layer.digest))).toBe(layer.digest)
      })

      it('needs it when the manifest also names it as one that lies here', async () => {
        const config = await aLayer(client, repositoryName, randomBytes(32), OCI_CONFIG)
        const layer = absent()
        for (const layers of [
          [foreign(layer), layer],
          [layer, foreign(layer)],
        ])
          await expect(put(manifestText(config, layers))).rejects.toMatchObject({
            name: 'LayersNotFoundException',
          })
      })
    })

    it('takes layers that came through the registry, and shows the image there', async () => {
      const registry = registryClient(ecr)
      const config = await registry.pushBlob(repositoryName, randomBytes(32), OCI_CONFIG)
      const text = manifestText(config, [await registry.pushBlob(repositoryName)])
      await put(text, { imageTag: 'both-doors' })
      const response = await registry.send(`/v2/${repositoryName}/manifests/both-doors`)
      expect([response.status, response.headers.get('content-type')]).toEqual([200, OCI_MANIFEST])
      expect(await response.text()).toBe(text)
    })

    it('refuses what the registry has pushed, and adds tags to it', async () => {
      const { text, digest } = await registryClient(ecr).pushImage(repositoryName, 'by-registry')
      const exists = { name: 'ImageAlreadyExistsException' }
      await expect(put(text, { imageTag: 'by-registry' })).rejects.toMatchObject(exists)
      await put(text, { imageTag: 'by-api' })
      expect((await describeOne(digest))?.imageTags).toEqual(['by-api', 'by-registry'])
    })
  })
})

describe('PutImage at the quotas', () => {
  const ecr = emulator({ quotas: { imagesPerRepository: 2, tagsPerImage: 2 } })

  const limitExceeded = (quota: string) =>
    refusal(
      'LimitExceededException',
      `The operation did not succeed because it would have exceeded the service quota of 2 for ${quota}.`,
    )

  it('refuses one image too many, until one is deleted', async () => {
    const client = ecr.client()
    const repositoryName = await aRepository(client)
    const { text, digest } = await anImage(client, repositoryName)
    await anImage(client, repositoryName)
    await expect(anImage(client, repositoryName)).rejects.toMatchObject(
      limitExceeded('images per repository'),
    )
    await client.send(new PutImageCommand({ repositoryName, imageManifest: text, imageTag: 'one-more-tag' }))
    await client.send(new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageDigest: digest }] }))
    expect((await anImage(client, repositoryName)).digest).toMatch(/^sha256:/)
  })

  it('refuses one tag too many, and moves tags without end', async () => {
    const client = ecr.client()
    const repositoryName = await aRepository(client)
    const { text } = await anImage(client, repositoryName, { imageTag: 'one' })
    const tag = (imageTag: string) =>
      client.send(new PutImageCommand({ repositoryName, imageManifest: text, imageTag }))
    await tag('two')
    await expect(tag('three')).rejects.toMatchObject(limitExceeded('tags per image'))
    await anImage(client, repositoryName, { imageTag: 'one' })
    expect((await tag('three')).image?.imageId?.imageTag).toBe('three')
  })
})
