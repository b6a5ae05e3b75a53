import {
  BatchDeleteImageCommand,
  type ECRClient,
  ListImageReferrersCommand,
  PutImageCommand,
} from '@aws-sdk/client-ecr'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { OCI_CONFIG, OCI_INDEX, OCI_MANIFEST } from '../../src/rules/media-types.ts'
import {
  aLayer,
  aName,
  anImage,
  aRepository,
  type Descriptor,
  indexText,
  manifestText,
  type StoredManifest,
  sha256,
} from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { allPages, altered } from '../support/pages.ts'
import {
  accessDenied,
  invalidParameter,
  invalidRepositoryMembers,
  repositoryArnOf,
  repositoryNotFound,
} from '../support/refusals.ts'

const SIGNATURE = 'application/vnd.cncf.notary.signature'
const SBOM = 'application/spdx+json'

describe('ListImageReferrers', () => {
  const ecr = emulator()
  let client: ECRClient
  let repositoryName: string
  let subject: StoredManifest
  beforeAll(() => {
    client = ecr.client()
  })
  beforeEach(async () => {
    repositoryName = await aRepository(client)
    subject = await anImage(client, repositoryName, { imageTag: 'subject' })
  })

  const list = (input: object = {}, by = client) => {
    const subjectId = { imageDigest: subject.digest }
    return by.send(new ListImageReferrersCommand({ repositoryName, subjectId, ...input }))
  }
  const referrer = (artifactType: string, of: Descriptor = subject, annotations?: Record<string, string>) =>
    anImage(client, repositoryName, { artifactType, subject: of, ...(annotations && { annotations }) })
  const digestsOf = async (input: object = {}) => (await list(input)).referrers?.map(({ digest }) => digest)

  describe('validation', () => {
    it.each([
      ...invalidRepositoryMembers,
      ['subjectId', 'Member must not be null', { subjectId: undefined }],
      ['subjectId.imageDigest', 'Member must not be null', { subjectId: {} }],
      ['maxResults', 'Member must have value greater than or equal to 1', { maxResults: 0 }],
      ['maxResults', 'Member must have value less than or equal to 50', { maxResults: 51 }],
      [
        'filter.artifactTypes',
        'Member must have length less than or equal to 5',
        { filter: { artifactTypes: Array(6).fill(SBOM) } },
      ],
      [
        'filter.artifactTypes',
        'Member must satisfy constraint: [Member must have length less than or equal to 255]',
        { filter: { artifactTypes: ['a'.repeat(256)] } },
      ],
      [
        'filter.artifactStatus',
        'Member must satisfy enum value set: [ACTIVE, ARCHIVED, ACTIVATING, ANY]',
        { filter: { artifactStatus: 'GONE' } },
      ],
    ])('%s: %s', async (member, constraint, input) => {
      await expect(list(input)).rejects.toMatchObject(invalidParameter(member, constraint))
    })
  })

  describe('refusals', () => {
    it('knows no repository of that name', async () => {
      const unknown = aName()
      await expect(list({ repositoryName: unknown })).rejects.toMatchObject(repositoryNotFound(unknown))
    })

    it('lets nobody into the registry of another account, by the permission to pull', async () => {
      const resource = repositoryArnOf(repositoryName, { accountId: '123456789012' })
      const refused = accessDenied('ecr:BatchGetImage', resource)
      await expect(list({ registryId: '123456789012' })).rejects.toMatchObject(refused)
    })
  })

  describe('effects', () => {
    it('describes each referrer', async () => {
      const { digest, size } = await referrer(SIGNATURE, subject, { signer: 'é' })
      const bytes = size + 1
      expect(await list()).toMatchObject({
        referrers: [
          {
            digest,
            mediaType: OCI_MANIFEST,
            artifactType: SIGNATURE,
            size: bytes,
            annotations: { signer: 'é' },
            artifactStatus: 'ACTIVE',
          },
        ],
      })
    })

    it('lists referrers of any form in the order of first push: by artifactType, by config, an index', async () => {
      const byType = await referrer(SBOM)
      const byConfig = await anImage(client, repositoryName, { configType: SIGNATURE, subject })
      const text = indexText([byType], { subject, artifactType: SBOM })
      await client.send(new PutImageCommand({ repositoryName, imageManifest: text }))
      const { referrers } = await list()
      expect(
        referrers?.map(({ digest, mediaType, artifactType }) => [digest, mediaType, artifactType]),
      ).toEqual([
        [byType.digest, OCI_MANIFEST, SBOM],
        [byConfig.digest, OCI_MANIFEST, SIGNATURE],
        [sha256(text), OCI_INDEX, SBOM],
      ])
      expect(referrers?.[0]).not.toHaveProperty('annotations')
    })

    it('lists what refers to a referrer, and only that', async () => {
      const sbom = await referrer(SBOM)
      const signature = await referrer(SIGNATURE, sbom)
      expect(await digestsOf()).toEqual([sbom.digest])
      expect(await digestsOf({ subjectId: { imageDigest: sbom.digest } })).toEqual([signature.digest])
    })

    it('lists referrers that came before their subject', async () => {
      const later = { mediaType: OCI_MANIFEST, digest: sha256('later'), size: 5 }
      const { digest } = await referrer(SBOM, later)
      expect(await digestsOf({ subjectId: { imageDigest: later.digest } })).toEqual([digest])
    })

    it.each([
      ['an image without referrers', () => subject.digest],
      ['an image that is not here', () => sha256('nothing')],
      ['what is no digest', () => 'latest'],
    ])('lists nothing of %s', async (_, imageDigest) => {
      const { referrers, nextToken } = await list({ subjectId: { imageDigest: imageDigest() } })
      expect({ referrers, nextToken }).toEqual({ referrers: [], nextToken: undefined })
    })

    it('lists nothing of another repository', async () => {
      await referrer(SBOM)
      repositoryName = await aRepository(client)
      expect(await digestsOf()).toEqual([])
    })

    it('forgets a referrer that is deleted', async () => {
      const [kept, gone] = [await referrer(SBOM), await referrer(SBOM)]
      const imageIds = [{ imageDigest: gone.digest }]
      await client.send(new BatchDeleteImageCommand({ repositoryName, imageIds }))
      expect(await digestsOf()).toEqual([kept.digest])
    })

    it.each([
      [[SBOM], [0, 2]],
      [
        [SIGNATURE, SBOM],
        [0, 1, 2],
      ],
      [[], [0, 1, 2]],
      [['text/plain'], []],
      // Whole types: the wildcard of manifestConfig is none here.
      [['application/*'], []],
      [['*'], []],
    ])('by artifactTypes %j lists %j', async (artifactTypes, expected) => {
      const referrers = [await referrer(SBOM), await referrer(SIGNATURE), await referrer(SBOM)]
      const digests = expected.map((index) => referrers[index]?.digest)
      expect(await digestsOf({ filter: { artifactTypes } })).toEqual(digests)
    })

    it.each([
      ['ACTIVE', 1],
      ['ARCHIVED', 0],
      ['ACTIVATING', 0],
      ['ANY', 1],
      [undefined, 1],
    ])('by artifactStatus %s lists %i active referrers', async (artifactStatus, count) => {
      await referrer(SBOM)
      expect(await digestsOf({ filter: { artifactStatus } })).toHaveLength(count)
    })
  })

  describe('pagination', () => {
    async function referrers(count: number): Promise<string[]> {
      const config = await aLayer(client, repositoryName, undefined, OCI_CONFIG)
      const digests: string[] = []
      for (let index = 0; index < count; index += 1) {
        const text = manifestText(config, [], {
          subject,
          artifactType: SBOM,
          annotations: { index: `${index}` },
        })
        await client.send(new PutImageCommand({ repositoryName, imageManifest: text }))
        digests.push(sha256(text))
      }
      return digests
    }

    const pages = (input: object) =>
      allPages(async (token) => {
        const { referrers, nextToken } = await list({ ...input, nextToken: token })
        return { items: referrers?.map(({ digest }) => digest), nextToken }
      })

    it('answers pages of 1 to 50 to the end, of 20 when nothing is said', async () => {
      const digests = await referrers(51)
      const sizes = []
      for (const maxResults of [undefined, 50, 17]) {
        const read = await pages({ maxResults })
        expect(read.flat()).toEqual(digests)
        sizes.push(read.map((page) => page.length))
      }
      expect(sizes).toEqual([
        [20, 20, 11],
        [50, 1],
        [17, 17, 17],
      ])
    })

    it('keeps its place while referrers come and go', async () => {
      const [first, second, third] = await referrers(3)
      const { nextToken } = await list({ maxResults: 1 })
      const imageIds = [{ imageDigest: first }, { imageDigest: second }]
      await client.send(new BatchDeleteImageCommand({ repositoryName, imageIds }))
      const { digest } = await referrer(SIGNATURE)
      expect(await digestsOf({ nextToken })).toEqual([third, digest])
    })

    it.each([
      ['altered', (nextToken?: string) => ({ nextToken: altered(nextToken) })],
      ['of another subject', (nextToken?: string) => ({ nextToken, subjectId: { imageDigest: sha256('') } })],
      ['of another filter', (nextToken?: string) => ({ nextToken, filter: { artifactTypes: [SBOM] } })],
    ])('refuses a token that is %s', async (_, input) => {
      await referrers(2)
      const { nextToken } = await list({ maxResults: 1 })
      const refused = invalidParameter('nextToken', 'Invalid nextToken')
      await expect(list(input(nextToken))).rejects.toMatchObject(refused)
    })
  })
})
