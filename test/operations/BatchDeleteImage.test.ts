import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  DescribeImagesCommand,
  type ECRClient,
  type ImageIdentifier,
  PutImageCommand,
} from '@aws-sdk/client-ecr'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { OCI_CONFIG, OCI_MANIFEST } from '../../src/rules/media-types.ts'
import {
  aLayer,
  aName,
  anImage,
  anIndex,
  aRepository,
  type Descriptor,
  manifestText,
  type StoredManifest,
  sha256,
} from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { batchFailures, invalidImageIds, oneOfEachFailure } from '../support/image-ids.ts'
import {
  accessDenied,
  invalidParameter,
  invalidRepositoryMembers,
  repositoryArnOf,
  repositoryNotFound,
} from '../support/refusals.ts'

describe('BatchDeleteImage', () => {
  const ecr = emulator()
  let client: ECRClient
  let repositoryName: string
  beforeAll(() => {
    client = ecr.client()
  })
  beforeEach(async () => {
    repositoryName = await aRepository(client)
  })

  const remove = (imageIds: ImageIdentifier[], extra: object = {}) =>
    client.send(new BatchDeleteImageCommand({ repositoryName, imageIds, ...extra }))

  /** Puts an image, or one that is there, under tags. */
  async function tagged(tags: string[], stored?: { text: string; digest: string }) {
    const image = stored ?? (await anImage(client, repositoryName))
    for (const imageTag of tags)
      await client.send(new PutImageCommand({ repositoryName, imageManifest: image.text, imageTag }))
    return { image, imageDigest: image.digest }
  }

  /** What is left: each digest with its tags, in the order of first push. */
  async function left() {
    const { imageDetails = [] } = await client.send(new DescribeImagesCommand({ repositoryName }))
    return imageDetails.map(({ imageDigest, imageTags = [] }) => [imageDigest, ...imageTags])
  }

  describe('validation', () => {
    it.each([
      ...invalidRepositoryMembers,
      ...invalidImageIds,
      ['imageIds', 'Member must not be null', { imageIds: undefined }],
    ])('%s: %s', async (member, constraint, input) => {
      const refused = invalidParameter(member, constraint)
      await expect(remove([{ imageTag: 'a' }], input)).rejects.toMatchObject(refused)
    })
  })

  describe('refusals', () => {
    it('knows no repository of that name', async () => {
      const unknown = aName()
      const asked = remove([{ imageTag: 'a' }], { repositoryName: unknown })
      await expect(asked).rejects.toMatchObject(repositoryNotFound(unknown))
    })

    it('lets nobody into the registry of another account', async () => {
      const asked = remove([{ imageTag: 'a' }], { registryId: '123456789012' })
      const resource = repositoryArnOf(repositoryName, { accountId: '123456789012' })
      await expect(asked).rejects.toMatchObject(accessDenied('ecr:BatchDeleteImage', resource))
    })

    it('answers each image that cannot be deleted as a failure, and deletes the others', async () => {
      const { imageDigest } = await tagged(['a'])
      const other = await anImage(client, repositoryName)
      const mismatch = { imageDigest: other.digest, imageTag: 'a' }

      const answer = await remove([...oneOfEachFailure(mismatch), { imageDigest: other.digest }])
      expect(answer.failures).toEqual(batchFailures(mismatch))
      expect(answer.imageIds).toEqual([{ imageDigest: other.digest }])
      expect(await left()).toEqual([[imageDigest, 'a']])
    })

    describe('an image that an index names', () => {
      let child: StoredManifest
      let parents: Descriptor[]
      beforeEach(async () => {
        child = await anImage(client, repositoryName, { imageTag: 'child' })
        const first = await anIndex(client, repositoryName, [child], { imageTag: 'first' })
        const second = await anIndex(client, repositoryName, [child, first], { imageTag: 'second' })
        parents = [first, second]
      })

      it.each([
        ['by digest', () => ({ imageDigest: child.digest })],
        ['by its only tag', () => ({ imageTag: 'child' })],
        ['by both', () => ({ imageDigest: child.digest, imageTag: 'child' })],
      ])('stays when it is deleted %s', async (_, imageId) => {
        const before = await left()
        const { imageIds, failures } = await remove([imageId()])
        expect(imageIds).toEqual([])
        expect(failures).toEqual([
          {
            imageId: imageId(),
            failureCode: 'ImageReferencedByManifestList',
            failureReason: `Requested image referenced by manifest list: [${parents[0]?.digest}, ${parents[1]?.digest}]`,
          },
        ])
        expect(await left()).toEqual(before)
      })

      it('stays as an index does that another names', async () => {
        const { failures } = await remove([{ imageTag: 'first' }])
        expect(failures).toMatchObject([
          { failureReason: `Requested image referenced by manifest list: [${parents[1]?.digest}]` },
        ])
      })

      it('loses a tag that is not its last', async () => {
        await tagged(['more'], child)
        const { imageIds, failures } = await remove([{ imageTag: 'child' }])
        expect(failures).toEqual([])
        expect(imageIds).toEqual([{ imageDigest: child.digest, imageTag: 'child' }])
        expect((await left())[0]).toEqual([child.digest, 'more'])
      })

      it('goes after its parents in one call', async () => {
        const names = [{ imageTag: 'second' }, { imageTag: 'first' }, { imageTag: 'child' }]
        const { imageIds, failures } = await remove(names)
        expect(failures).toEqual([])
        expect(imageIds).toEqual([
          { imageDigest: parents[1]?.digest, imageTag: 'second' },
          { imageDigest: parents[0]?.digest, imageTag: 'first' },
          { imageDigest: child.digest, imageTag: 'child' },
        ])
        expect(await left()).toEqual([])
      })

      it('needs a second call before its parents', async () => {
        const names = [{ imageTag: 'child' }, { imageTag: 'second' }, { imageTag: 'first' }]
        const first = await remove(names)
        expect(first.failures).toMatchObject([{ imageId: { imageTag: 'child' } }])
        expect(await left()).toEqual([[child.digest, 'child']])

        const second = await remove([{ imageTag: 'child' }])
        expect(second.failures).toEqual([])
        expect(await left()).toEqual([])
      })
    })
  })

  describe('effects', () => {
    it('takes a tag from an image that has others', async () => {
      const { imageDigest } = await tagged(['a', 'b'])
      const { imageIds, failures } = await remove([{ imageTag: 'a' }])
      expect({ imageIds, failures }).toEqual({ imageIds: [{ imageDigest, imageTag: 'a' }], failures: [] })
      expect(await left()).toEqual([[imageDigest, 'b']])
    })

    it('deletes an image with its last tag', async () => {
      const { imageDigest } = await tagged(['a', 'b'])
      const { imageIds } = await remove([{ imageTag: 'a' }, { imageTag: 'b' }])
      expect(imageIds).toEqual([
        { imageDigest, imageTag: 'a' },
        { imageDigest, imageTag: 'b' },
      ])
      expect(await left()).toEqual([])
    })

    it('deletes an image by its digest with all its tags', async () => {
      const { imageDigest } = await tagged(['b', 'a'])
      const { imageIds } = await remove([{ imageDigest }])
      expect(imageIds).toEqual([
        { imageDigest, imageTag: 'a' },
        { imageDigest, imageTag: 'b' },
      ])
      expect(await left()).toEqual([])
      const { failures } = await client.send(
        new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag: 'a' }, { imageDigest }] }),
      )
      expect(failures?.map(({ failureCode }) => failureCode)).toEqual(['ImageNotFound', 'ImageNotFound'])
    })

    it('answers the digest alone of an image without tags', async () => {
      const { digest: imageDigest } = await anImage(client, repositoryName)
      const { imageIds } = await remove([{ imageDigest }])
      expect(imageIds).toEqual([{ imageDigest }])
    })

    it('takes only the tag of a tag with its digest', async () => {
      const { imageDigest } = await tagged(['a', 'b'])
      const { imageIds } = await remove([{ imageDigest, imageTag: 'a' }])
      expect(imageIds).toEqual([{ imageDigest, imageTag: 'a' }])
      expect(await left()).toEqual([[imageDigest, 'b']])
    })

    it('deletes an index and leaves its children, without tags', async () => {
      const child = await anImage(client, repositoryName)
      const index = await anIndex(client, repositoryName, [child], { imageTag: 'index' })
      await remove([{ imageDigest: index.digest }])
      expect(await left()).toEqual([[child.digest]])
      expect(await remove([{ imageDigest: child.digest }])).toMatchObject({ failures: [] })
    })

    it.each([
      ['the same twice', ['tag', 'tag']],
      ['by digest, then by tag', ['digest', 'tag']],
      ['by tag, then by digest', ['tag', 'digest']],
      ['by tag, then by both', ['tag', 'both']],
      ['by both, then by digest', ['both', 'digest']],
    ] as const)('handles once what is named in two ways: %s', async (_, ways) => {
      const { imageDigest } = await tagged(['a'])
      const names = { tag: { imageTag: 'a' }, digest: { imageDigest }, both: { imageDigest, imageTag: 'a' } }
      const { imageIds, failures } = await remove(ways.map((way) => names[way]))
      expect({ imageIds, failures }).toEqual({ imageIds: [{ imageDigest, imageTag: 'a' }], failures: [] })
      expect(await left()).toEqual([])
    })

    it('answers each tag once of an image that is named by one of them and by its digest', async () => {
      const { imageDigest } = await tagged(['a', 'b'])
      const { imageIds } = await remove([{ imageTag: 'b' }, { imageDigest }])
      expect(imageIds?.map(({ imageTag }) => imageTag)).toEqual(['b', 'a'])
    })

    it('answers a failure that is asked for twice once', async () => {
      const { failures } = await remove([{ imageTag: 'none' }, { imageTag: 'none' }])
      expect(failures).toHaveLength(1)
    })

    it('takes 100 identifiers', async () => {
      const tags = Array.from({ length: 100 }, (_, index) => `v${index}`)
      await tagged(tags)
      const { imageIds } = await remove(tags.map((imageTag) => ({ imageTag })))
      expect(imageIds?.map(({ imageTag }) => imageTag)).toEqual(tags)
      expect(await left()).toEqual([])
    })

    it('takes immutable tags, which may then be pushed again', async () => {
      repositoryName = await aRepository(client, { imageTagMutability: 'IMMUTABLE' })
      const { image } = await tagged(['a'])
      await remove([{ imageTag: 'a' }])
      await tagged(['a'], image)
      expect(await left()).toEqual([[image.digest, 'a']])
    })

    it('leaves the same image in another repository, and goes though an index there names it', async () => {
      const elsewhere = await aRepository(client)
      const [image] = [await theImage(repositoryName), await theImage(elsewhere)]
      await anIndex(client, elsewhere, [image])

      const imageIds = [{ imageDigest: image.digest }]
      expect(await remove(imageIds)).toMatchObject({ imageIds, failures: [] })
      const get = new BatchGetImageCommand({ repositoryName: elsewhere, imageIds })
      expect(await client.send(get)).toMatchObject({ images: [{ imageManifest: image.text }] })
    })
  })

  /** The same image at each call. */
  async function theImage(repository: string): Promise<Descriptor & { text: string }> {
    const layer = await aLayer(client, repository, Buffer.from('layer'))
    const config = await aLayer(client, repository, Buffer.from('config'), OCI_CONFIG)
    const text = manifestText(config, [layer])
    await client.send(new PutImageCommand({ repositoryName: repository, imageManifest: text }))
    return { mediaType: OCI_MANIFEST, digest: sha256(text), size: text.length, text }
  }
})
