import {
  BatchDeleteImageCommand,
  DescribeImagesCommand,
  type ECRClient,
  type ImageIdentifier,
  ListImagesCommand,
  PutImageCommand,
} from '@aws-sdk/client-ecr'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  DOCKER_CONFIG,
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
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
  manifestText,
  sha256,
} from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { invalidImageIds } from '../support/image-ids.ts'
import { allPages, altered } from '../support/pages.ts'
import {
  accessDenied,
  DEFAULT_ACCOUNT,
  invalidParameter,
  invalidRepositoryMembers,
  refusal,
  repositoryArnOf,
  repositoryNotFound,
} from '../support/refusals.ts'

const HELM = 'application/vnd.cncf.helm.config.v1+json'
const SIGNATURE = 'application/vnd.cncf.notary.signature'
const UNKNOWN_DIGEST = `sha256:${'0'.repeat(64)}`

describe('DescribeImages', () => {
  const ecr = emulator()
  let client: ECRClient
  let repositoryName: string
  beforeAll(() => {
    client = ecr.client()
  })
  beforeEach(async () => {
    repositoryName = await aRepository(client)
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const describeImages = (input: object = {}, by = client) =>
    by.send(new DescribeImagesCommand({ repositoryName, ...input }))
  const put = (imageManifest: string, input: object = {}) =>
    client.send(new PutImageCommand({ repositoryName, imageManifest, ...input }))
  const image = (options: Parameters<typeof anImage>[2] = {}) => anImage(client, repositoryName, options)

  /** An image with layers of the given sizes, one for each size, and a config of 20 bytes. */
  async function imageOfSize(...sizes: number[]): Promise<Descriptor> {
    const config = await aLayer(client, repositoryName, Buffer.from(aName('config').padEnd(20)), OCI_CONFIG)
    const layers = new Map<number, Descriptor>()
    for (const size of new Set(sizes))
      layers.set(size, await aLayer(client, repositoryName, Buffer.alloc(size, size)))
    const text = manifestText(
      config,
      sizes.map((size) => layers.get(size) as Descriptor),
    )
    await put(text)
    return { mediaType: OCI_MANIFEST, digest: sha256(text), size: text.length }
  }

  async function described(imageDigest: string) {
    const { imageDetails } = await describeImages({ imageIds: [{ imageDigest }] })
    return imageDetails?.[0]
  }

  describe('validation', () => {
    it.each([
      ...invalidRepositoryMembers,
      ...invalidImageIds,
      ['maxResults', 'Member must have value greater than or equal to 1', { maxResults: 0 }],
      ['maxResults', 'Member must have value less than or equal to 1000', { maxResults: 1001 }],
      [
        'filter.tagStatus',
        'Member must satisfy enum value set: [TAGGED, UNTAGGED, ANY]',
        { filter: { tagStatus: 'NONE' } },
      ],
      [
        'filter.imageStatus',
        'Member must satisfy enum value set: [ACTIVE, ARCHIVED, ACTIVATING, ANY]',
        { filter: { imageStatus: 'active' } },
      ],
      ['nextToken', 'Cannot be used with imageIds', { imageIds: [{ imageTag: 'a' }], nextToken: 'next' }],
      ['maxResults', 'Cannot be used with imageIds', { imageIds: [{ imageTag: 'a' }], maxResults: 1 }],
    ])('%s: %s', async (member, constraint, input) => {
      await expect(describeImages(input)).rejects.toMatchObject(invalidParameter(member, constraint))
    })
  })

  describe('refusals', () => {
    it.each([{}, { imageIds: [{ imageTag: 'a' }] }])(
      'knows no repository of that name, asked %j',
      async (input) => {
        const unknown = aName()
        const asked = describeImages({ ...input, repositoryName: unknown })
        await expect(asked).rejects.toMatchObject(repositoryNotFound(unknown))
      },
    )

    it('lets nobody into the registry of another account', async () => {
      const resource = repositoryArnOf(repositoryName, { accountId: '123456789012' })
      const refused = accessDenied('ecr:DescribeImages', resource)
      await expect(describeImages({ registryId: '123456789012' })).rejects.toMatchObject(refused)
    })

    it.each([
      [{}, 'null', 'null'],
      [{ imageTag: 'none' }, 'null', 'none'],
      [{ imageTag: 'a/b' }, 'null', 'a/b'],
      [{ imageDigest: UNKNOWN_DIGEST }, UNKNOWN_DIGEST, 'null'],
      [{ imageDigest: 'nothing' }, 'nothing', 'null'],
      [{ imageDigest: UNKNOWN_DIGEST, imageTag: 'a' }, UNKNOWN_DIGEST, 'a'],
    ])('fails as a whole for the missing image %j', async (missing, digest, tag) => {
      await image({ imageTag: 'a' })
      const message = `The image with imageId {imageDigest:'${digest}', imageTag:'${tag}'} does not exist within the repository with name '${repositoryName}' in the registry with id '${DEFAULT_ACCOUNT}'`
      const asked = describeImages({ imageIds: [{ imageTag: 'a' }, missing] })
      await expect(asked).rejects.toMatchObject(refusal('ImageNotFoundException', message))
    })
  })

  describe('effects', () => {
    it('describes an image once, with all its tags', async () => {
      vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-03-04T05:06:07.890Z') })
      const { digest, text } = await image({ imageTag: 'b' })
      vi.setSystemTime(new Date('2026-03-05T00:00:00Z'))
      await put(text, { imageTag: 'a' })

      const { imageDetails, nextToken } = await describeImages()
      expect(nextToken).toBeUndefined()
      expect(imageDetails).toEqual([
        {
          registryId: DEFAULT_ACCOUNT,
          repositoryName,
          imageDigest: digest,
          imageTags: ['a', 'b'],
          imageSizeInBytes: 96,
          // A tag that is added or moved later is no push (containers-roadmap#2746).
          imagePushedAt: new Date('2026-03-04T05:06:07.890Z'),
          imageManifestMediaType: OCI_MANIFEST,
          artifactMediaType: OCI_CONFIG,
          imageStatus: 'ACTIVE',
        },
      ])
    })

    it('describes images in the order of first push, also when they are pushed again', async () => {
      const pushed = [await image({ imageTag: 'z' }), await image(), await image({ imageTag: 'a' })]
      await put(pushed[0]?.text ?? '', { imageTag: 'zz' })
      const { imageDetails } = await describeImages()
      expect(imageDetails?.map(({ imageDigest }) => imageDigest)).toEqual(pushed.map(({ digest }) => digest))
    })

    it.each([
      ['an image of Docker', { mediaType: DOCKER_MANIFEST, configType: DOCKER_CONFIG }, DOCKER_CONFIG],
      ['a chart', { configType: HELM }, HELM],
      ['an artifact rather by its artifactType', { configType: HELM, artifactType: SIGNATURE }, SIGNATURE],
    ])('knows %s', async (_, options, artifactMediaType) => {
      const { digest, mediaType } = await image(options)
      expect(await described(digest)).toMatchObject({
        imageManifestMediaType: mediaType,
        artifactMediaType,
        imageSizeInBytes: 96,
      })
    })

    it('knows an image of schema 1, without an artifact type', async () => {
      const layer = await aLayer(client, repositoryName)
      const fsLayers = [{ blobSum: layer.digest }]
      const text = JSON.stringify({
        schemaVersion: 1,
        name: 'n',
        tag: 't',
        fsLayers,
        history: [],
        signatures: [],
      })
      await put(text, { imageManifestMediaType: DOCKER_MANIFEST_V1_SIGNED })
      const details = await described(sha256(text))
      expect(details).toMatchObject({
        imageManifestMediaType: DOCKER_MANIFEST_V1_SIGNED,
        imageSizeInBytes: 64,
      })
      expect(details).not.toHaveProperty('artifactMediaType')
    })

    it('names the subject of a referrer', async () => {
      const subject = await image()
      const { digest } = await image({ artifactType: SIGNATURE, subject })
      expect(await described(digest)).toMatchObject({ subjectManifestDigest: subject.digest })
      expect(await described(subject.digest)).not.toHaveProperty('subjectManifestDigest')
    })

    it('counts config and layers of an image, what it names twice once', async () => {
      const { digest } = await imageOfSize(100, 200, 100)
      expect((await described(digest))?.imageSizeInBytes).toBe(320)
    })

    it('gives an index the size of its largest child, to any depth', async () => {
      const [small, large] = [await imageOfSize(50), await imageOfSize(500)]
      const index = await anIndex(client, repositoryName, [small, large])
      const other = await anIndex(client, repositoryName, [small])
      const nested = await anIndex(client, repositoryName, [other, index, small], { artifactType: HELM })
      const empty = await anIndex(client, repositoryName, [])

      const sizes = []
      for (const { digest } of [index, other, nested, empty])
        sizes.push((await described(digest))?.imageSizeInBytes)
      expect(sizes).toEqual([520, 70, 520, 0])
    })

    it('knows an index by its artifactType, if any', async () => {
      const child = await image()
      const plain = await described((await anIndex(client, repositoryName, [child])).digest)
      expect(plain).toMatchObject({ imageManifestMediaType: OCI_INDEX })
      expect(plain).not.toHaveProperty('artifactMediaType')
      expect(plain).not.toHaveProperty('imageTags')

      const typed = await anIndex(client, repositoryName, [child], { artifactType: HELM })
      expect(await described(typed.digest)).toMatchObject({ artifactMediaType: HELM })
    })

    it('knows a list of Docker', async () => {
      const child = await image({ mediaType: DOCKER_MANIFEST, configType: DOCKER_CONFIG })
      const text = indexText([child], { mediaType: DOCKER_MANIFEST_LIST })
      await put(text)
      expect(await described(sha256(text))).toMatchObject({
        imageManifestMediaType: DOCKER_MANIFEST_LIST,
        imageSizeInBytes: 96,
      })
    })

    it.each([
      ['TAGGED', ['a', 'b']],
      ['UNTAGGED', [undefined]],
      ['ANY', ['a', undefined, 'b']],
      [undefined, ['a', undefined, 'b']],
    ])('by tagStatus %s chooses %o', async (tagStatus, tags) => {
      const options = [{ imageTag: 'a' }, {}, { imageTag: 'b' }]
      const imageIds: ImageIdentifier[] = []
      for (const option of options) imageIds.push({ imageDigest: (await image(option)).digest })
      for (const input of [{}, { imageIds }]) {
        const { imageDetails } = await describeImages({ ...input, filter: { tagStatus } })
        expect(imageDetails?.map(({ imageTags }) => imageTags?.[0])).toEqual(tags)
      }
    })

    it.each([
      [undefined, 1],
      ['ACTIVE', 1],
      ['ARCHIVED', 0],
      ['ACTIVATING', 0],
      ['ANY', 1],
    ])('by imageStatus %s chooses %i active images, named or not', async (imageStatus, count) => {
      await image({ imageTag: 'a' })
      for (const input of [{}, { imageIds: [{ imageTag: 'a' }] }])
        expect((await describeImages({ ...input, filter: { imageStatus } })).imageDetails).toHaveLength(count)
    })

    it('describes images that are named in the order in which they are, each once', async () => {
      const first = await image({ imageTag: 'a' })
      const second = await image({ imageTag: 'b' })
      await image()
      const { imageDetails, nextToken } = await describeImages({
        imageIds: [
          { imageTag: 'b' },
          { imageDigest: first.digest },
          { imageDigest: second.digest },
          { imageDigest: first.digest, imageTag: 'a' },
          { imageTag: 'b' },
        ],
      })
      expect(imageDetails?.map(({ imageDigest }) => imageDigest)).toEqual([second.digest, first.digest])
      expect(nextToken).toBeUndefined()
    })

    it('takes 100 names of images', async () => {
      await image({ imageTag: 'a' })
      const { imageDetails } = await describeImages({ imageIds: Array(100).fill({ imageTag: 'a' }) })
      expect(imageDetails).toHaveLength(1)
    })

    it('chooses among images that are named by manifestConfig', async () => {
      await image({ imageTag: 'image' })
      await image({ imageTag: 'chart', configType: HELM })
      const imageIds = [{ imageTag: 'image' }, { imageTag: 'chart' }]
      const { body } = await ecr.call('DescribeImages', { repositoryName, imageIds, manifestConfig: [HELM] })
      expect(body.imageDetails).toMatchObject([{ imageTags: ['chart'] }])
    })
  })

  describe('pagination', () => {
    /** So many images that differ only in an annotation. */
    async function images(count: number): Promise<string[]> {
      const config = await aLayer(client, repositoryName, undefined, OCI_CONFIG)
      const digests: string[] = []
      for (let index = 0; index < count; index += 1) {
        const text = manifestText(config, [], { annotations: { index: `${index}` } })
        await put(text)
        digests.push(sha256(text))
      }
      return digests
    }

    const pages = (input: object) =>
      allPages(async (token) => {
        const { imageDetails, nextToken } = await describeImages({ ...input, nextToken: token })
        return { items: imageDetails?.map(({ imageDigest }) => imageDigest), nextToken }
      })

    it('answers pages of maxResults to the end', async () => {
      const digests = await images(5)
      for (const maxResults of [1, 2, 3, 4, 5, 1000]) {
        const read = await pages({ maxResults })
        expect(read.flat()).toEqual(digests)
        expect(read).toHaveLength(Math.ceil(5 / maxResults))
      }
    })

    it('answers 100 images when nothing is said, and 1000 at most', async () => {
      const digests = await images(101)
      expect((await pages({})).map((page) => page.length)).toEqual([100, 1])
      expect(await pages({ maxResults: 1000 })).toEqual([digests])
    })

    it('pages through what a filter chooses', async () => {
      await image({ imageTag: 'a' })
      const [first, second] = await images(2)
      await image({ imageTag: 'b' })
      expect(await pages({ maxResults: 1, filter: { tagStatus: 'UNTAGGED' } })).toEqual([[first], [second]])
    })

    it('keeps its place while images come and go', async () => {
      const [first, second, third, fourth] = await images(4)
      const page = await describeImages({ maxResults: 2 })
      expect(page.imageDetails?.map(({ imageDigest }) => imageDigest)).toEqual([first, second])

      const imageIds = [{ imageDigest: second }, { imageDigest: third }]
      await client.send(new BatchDeleteImageCommand({ repositoryName, imageIds }))
      const { digest } = await image({ imageTag: 'a' })
      const { imageDetails } = await describeImages({ nextToken: page.nextToken })
      expect(imageDetails?.map(({ imageDigest }) => imageDigest)).toEqual([fourth, digest])
    })

    it.each([
      ['altered', (nextToken?: string) => describeImages({ nextToken: altered(nextToken) })],
      [
        'of another filter',
        (nextToken?: string) => describeImages({ nextToken, filter: { tagStatus: 'ANY' } }),
      ],
      [
        'of ListImages',
        () =>
          client
            .send(new ListImagesCommand({ repositoryName, maxResults: 1 }))
            .then(({ nextToken }) => describeImages({ nextToken })),
      ],
    ])('refuses a token that is %s', async (_, request) => {
      await images(2)
      const { nextToken } = await describeImages({ maxResults: 1 })
      await expect(request(nextToken)).rejects.toMatchObject(
        invalidParameter('nextToken', 'Invalid nextToken'),
      )
    })
  })
})
