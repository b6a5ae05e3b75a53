import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  DeleteRepositoryCommand,
  DescribeImagesCommand,
  type ECRClient,
  type ImageIdentifier,
  paginateDescribeImages,
  paginateListImages,
} from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it } from 'vitest'
import { OCI_INDEX } from '../../src/rules/media-types.ts'
import { aRepository, type Descriptor } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { type RegistryClient, registryClient } from '../support/registry.ts'

const COUNT = 1000

describe('nested indexes', () => {
  const ecr = emulator()
  let client: ECRClient
  let registry: RegistryClient
  beforeAll(() => {
    client = ecr.client()
    registry = registryClient(ecr)
  })

  /** An index over an image, an index over that, and so on; the outermost first, the image last. */
  async function aChain(repositoryName: string): Promise<Descriptor[]> {
    const chain: [Descriptor, ...Descriptor[]] = [await registry.pushImage(repositoryName)]
    while (chain.length <= COUNT) chain.unshift(await registry.pushIndex(repositoryName, [chain[0]]))
    return chain
  }

  /** Indexes over the same manifest, each another one, in the order of push. */
  async function aFan(repositoryName: string, child: Descriptor): Promise<Descriptor[]> {
    const indexes: Descriptor[] = []
    while (indexes.length < COUNT) {
      const annotations = { index: String(indexes.length) }
      indexes.push(await registry.pushIndex(repositoryName, [child], undefined, { annotations }))
    }
    return indexes
  }

  const idsOf = (descriptors: readonly Descriptor[]): ImageIdentifier[] =>
    descriptors.map(({ digest }) => ({ imageDigest: digest }))

  async function isEmpty(repositoryName: string): Promise<boolean> {
    const { imageDetails } = await client.send(new DescribeImagesCommand({ repositoryName }))
    return imageDetails?.length === 0
  }

  describe('in a chain of 1,000', () => {
    let repositoryName: string
    let chain: Descriptor[]
    beforeAll(async () => {
      repositoryName = await aRepository(client)
      chain = await aChain(repositoryName)
    })

    it('are described and listed, each with the size of the image within', async () => {
      const pushed = idsOf(chain).reverse()
      const details = []
      for await (const page of paginateDescribeImages({ client, pageSize: 300 }, { repositoryName }))
        details.push(...(page.imageDetails ?? []))
      expect(details.map(({ imageDigest }) => ({ imageDigest }))).toEqual(pushed)
      const [image, ...indexes] = details
      const imageSizeInBytes = image?.imageSizeInBytes
      expect(imageSizeInBytes).toBe(96)
      for (const index of indexes)
        expect(index).toMatchObject({ imageSizeInBytes, imageManifestMediaType: OCI_INDEX })

      const listed = []
      for await (const page of paginateListImages({ client, pageSize: 300 }, { repositoryName }))
        listed.push(...(page.imageIds ?? []))
      expect(listed).toEqual(pushed)
    })

    it('are deleted from the outermost on, and from no other', async () => {
      const [outermost, second, third] = idsOf(chain) as [ImageIdentifier, ImageIdentifier, ImageIdentifier]
      const within = new BatchDeleteImageCommand({ repositoryName, imageIds: [third, second] })
      expect(await client.send(within)).toMatchObject({
        imageIds: [],
        failures: [
          {
            imageId: third,
            failureCode: 'ImageReferencedByManifestList',
            failureReason: `Requested image referenced by manifest list: [${second.imageDigest}]`,
          },
          {
            imageId: second,
            failureCode: 'ImageReferencedByManifestList',
            failureReason: `Requested image referenced by manifest list: [${outermost.imageDigest}]`,
          },
        ],
      })
      for (let first = 0; first <= COUNT; first += 100) {
        const imageIds = idsOf(chain.slice(first, first + 100))
        const answer = await client.send(new BatchDeleteImageCommand({ repositoryName, imageIds }))
        expect(answer).toMatchObject({ imageIds, failures: [] })
      }
      expect(await isEmpty(repositoryName)).toBe(true)
    })
  })

  describe('that share a child, under one index of all', () => {
    let repositoryName: string
    let child: Descriptor
    let fan: Descriptor[]
    let top: Descriptor & { text: string }
    beforeAll(async () => {
      repositoryName = await aRepository(client)
      child = await registry.pushImage(repositoryName)
      fan = await aFan(repositoryName, child)
      top = await registry.pushIndex(repositoryName, fan, 'all')
    })

    it('are answered whole', async () => {
      const imageIds = [{ imageTag: 'all' }]
      const { images = [] } = await client.send(new BatchGetImageCommand({ repositoryName, imageIds }))
      expect(images[0]?.imageManifest).toBe(top.text)
      const { imageDetails = [] } = await client.send(new DescribeImagesCommand({ repositoryName, imageIds }))
      expect(imageDetails).toMatchObject([{ imageDigest: top.digest, imageSizeInBytes: 96 }])
    })

    it('are all missed where they are not', async () => {
      const elsewhere = await aRepository(client)
      const answer = await registry.putManifest(elsewhere, 'all', top.text, OCI_INDEX)
      expect(answer.status).toBe(404)
      const digests = fan.map(({ digest }) => digest).join(', ')
      expect(await answer.json()).toEqual({
        errors: [
          {
            code: 'MANIFEST_BLOB_UNKNOWN',
            message: `Images with digests '[${digests}]' required for pushing image into repository with name '${elsewhere}' in the registry with id '000000000000' do not exist`,
          },
        ],
      })
    })

    it('are all named to whoever deletes the child', async () => {
      const imageIds = idsOf([child])
      const parents = fan.map(({ digest }) => digest).join(', ')
      expect(await client.send(new BatchDeleteImageCommand({ repositoryName, imageIds }))).toMatchObject({
        imageIds: [],
        failures: [
          {
            failureCode: 'ImageReferencedByManifestList',
            failureReason: `Requested image referenced by manifest list: [${parents}]`,
          },
        ],
      })
    })

    it('go with their repository', async () => {
      await client.send(new DeleteRepositoryCommand({ repositoryName, force: true }))
      await aRepository(client, { repositoryName })
      expect(await isEmpty(repositoryName)).toBe(true)
      for (const { digest } of [top, child]) {
        const { status } = await registry.send(`/v2/${repositoryName}/manifests/${digest}`)
        expect(status).toBe(404)
      }
    })
  })
})
