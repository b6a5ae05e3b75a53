import {
  DeleteRepositoryCommand,
  type ECRClient,
  GetLifecyclePolicyPreviewCommand,
  type GetLifecyclePolicyPreviewCommandInput,
  StartLifecyclePolicyPreviewCommand,
} from '@aws-sdk/client-ecr'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { anImage, anIndex, aRepository, type Descriptor } from '../support/content.ts'
import { dataDirectory } from '../support/data-directory.ts'
import { emulator } from '../support/emulator.ts'
import { invalidImageIds } from '../support/image-ids.ts'
import { archive, expire, policyText, spacedPolicy } from '../support/lifecycle.ts'
import { allPages, altered } from '../support/pages.ts'
import {
  accessDenied,
  DEFAULT_ACCOUNT,
  invalidParameter,
  invalidRepositoryMembers,
  otherRegistries,
  refusal,
  repositoryNotFound,
} from '../support/refusals.ts'

describe('GetLifecyclePolicyPreview', () => {
  const { path } = dataDirectory()
  const ecr = emulator({ dataDir: path })
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })
  afterEach(() => ecr.server.clock({ reset: true }))

  const get = (input: object, by = client) =>
    by.send(new GetLifecyclePolicyPreviewCommand(input as GetLifecyclePolicyPreviewCommandInput))
  const start = (repositoryName: string, lifecyclePolicyText: string) =>
    client.send(new StartLifecyclePolicyPreviewCommand({ repositoryName, lifecyclePolicyText }))

  const previewNotFound = (repositoryName: string) =>
    refusal(
      'LifecyclePolicyPreviewNotFoundException',
      `Lifecycle policy preview does not exist for the repository with name '${repositoryName}' in the registry with id '${DEFAULT_ACCOUNT}'`,
    )

  /** A repository of images with these tags, or without, under a preview that expires all but the newest. */
  async function previewed(
    ...tags: (string | undefined)[]
  ): Promise<{ repositoryName: string; images: [Descriptor, Descriptor, ...Descriptor[]] }> {
    const repositoryName = await aRepository(client)
    const images: Descriptor[] = []
    for (const imageTag of [...tags, 'newest'])
      images.push(await anImage(client, repositoryName, { imageTag }))
    await start(repositoryName, policyText(expire(1, {})))
    return { repositoryName, images: images as [Descriptor, Descriptor] }
  }

  const digestsOf = (results: { imageDigest?: string | undefined }[] | undefined) =>
    results?.map(({ imageDigest }) => imageDigest)

  describe('validation', () => {
    it.each([
      ...invalidRepositoryMembers,
      ...invalidImageIds,
      ['maxResults', 'Member must have value greater than or equal to 1', { maxResults: 0 }],
      ['maxResults', 'Member must have value less than or equal to 100', { maxResults: 101 }],
      [
        'filter.tagStatus',
        'Member must satisfy enum value set: [TAGGED, UNTAGGED, ANY]',
        { filter: { tagStatus: 'SOME' } },
      ],
    ])('says of %s: %s', async (member, constraint, input) => {
      await expect(get({ repositoryName: 'abc', ...input })).rejects.toMatchObject(
        invalidParameter(member, constraint),
      )
    })

    it.each(['nextToken', 'maxResults'])('refuses %s beside imageIds', async (member) => {
      const { repositoryName } = await previewed('a')
      const value = member === 'maxResults' ? 1 : 'token'
      await expect(
        get({ repositoryName, imageIds: [{ imageTag: 'a' }], [member]: value }),
      ).rejects.toMatchObject(invalidParameter(member, 'Cannot be used with imageIds'))
    })
  })

  describe('refusals', () => {
    it('refuses a repository that is not there', async () => {
      await expect(get({ repositoryName: 'not-here' })).rejects.toMatchObject(repositoryNotFound('not-here'))
    })

    it('refuses a repository without a preview', async () => {
      const repositoryName = await aRepository(client)
      await expect(get({ repositoryName })).rejects.toMatchObject(previewNotFound(repositoryName))
    })

    it('refuses a repository of another account', async () => {
      await expect(get({ registryId: '111122223333', repositoryName: 'theirs' })).rejects.toMatchObject(
        accessDenied('ecr:GetLifecyclePolicyPreview', 'arn:aws:ecr:eu-west-1:111122223333:repository/theirs'),
      )
    })

    it.each(otherRegistries)('does not reach the preview in another %s', async (_, identity) => {
      const { repositoryName } = await previewed()
      await expect(get({ repositoryName }, ecr.client(identity))).rejects.toMatchObject(
        repositoryNotFound(repositoryName, identity.accessKeyId),
      )
    })
  })

  describe('effects', () => {
    it('answers that nothing would be done', async () => {
      const repositoryName = await aRepository(client)
      const lifecyclePolicyText = spacedPolicy(expire(1, {}))
      await start(repositoryName, lifecyclePolicyText)
      const { $metadata, ...answer } = await get({ repositoryName })
      expect(answer).toEqual({
        registryId: DEFAULT_ACCOUNT,
        repositoryName,
        lifecyclePolicyText,
        status: 'COMPLETE',
        previewResults: [],
        summary: { expiringImageTotalCount: 0 },
      })
    })

    it('answers what each rule would do, in the order of push', async () => {
      const repositoryName = await aRepository(client)
      await ecr.server.clock({ now: '2026-01-01T00:00:00Z', frozen: true })
      const old = await anImage(client, repositoryName, { imageTag: 'v1' })
      const untagged = await anImage(client, repositoryName)
      await ecr.server.clock({ now: '2026-03-01T00:00:00Z' })
      await anImage(client, repositoryName, { imageTag: 'v2' })
      await ecr.server.clock({ now: '2026-03-02T00:00:00Z' })
      await start(
        repositoryName,
        policyText(
          expire(1, { tagStatus: 'untagged', countType: 'sinceImagePushed', countNumber: 14 }),
          archive(2, { tagPrefixList: ['v'], countType: 'sinceImagePulled', countNumber: 30 }),
        ),
      )
      const imagePushedAt = new Date('2026-01-01T00:00:00Z')
      expect(await get({ repositoryName })).toMatchObject({
        status: 'COMPLETE',
        previewResults: [
          {
            imageDigest: old.digest,
            imageTags: ['v1'],
            imagePushedAt,
            action: { type: 'TRANSITION', targetStorageClass: 'ARCHIVE' },
            appliedRulePriority: 2,
            storageClass: 'STANDARD',
          },
          {
            imageDigest: untagged.digest,
            imageTags: [],
            imagePushedAt,
            action: { type: 'EXPIRE' },
            appliedRulePriority: 1,
            storageClass: 'STANDARD',
          },
        ],
        summary: {
          expiringImageTotalCount: 1,
          transitioningImageTotalCounts: [{ targetStorageClass: 'ARCHIVE', imageTotalCount: 1 }],
        },
      })
    })

    it('tells of images of the archive', async () => {
      const repositoryName = await aRepository(client)
      const image = await anImage(client, repositoryName, { imageTag: 'v1' })
      const imageId = { imageTag: 'v1' }
      await ecr.call('UpdateImageStorageClass', { repositoryName, imageId, targetStorageClass: 'ARCHIVE' })
      const selection = { countType: 'sinceImageTransitioned', storageClass: 'archive' } as const
      await ecr.server.clock({ advance: 'P91D' })
      await start(repositoryName, policyText(expire(3, { ...selection, countNumber: 90 })))
      expect((await get({ repositoryName })).previewResults).toMatchObject([
        { imageDigest: image.digest, storageClass: 'ARCHIVE', appliedRulePriority: 3 },
      ])
    })

    it('lists images that an index keeps from expiring (containers-roadmap#2613)', async () => {
      const repositoryName = await aRepository(client)
      const child = await anImage(client, repositoryName)
      await anIndex(client, repositoryName, [child], { imageTag: 'multi' })
      await ecr.server.clock({ advance: 'P2D' })
      await start(
        repositoryName,
        policyText(expire(1, { tagStatus: 'untagged', countType: 'sinceImagePushed' })),
      )
      expect(digestsOf((await get({ repositoryName })).previewResults)).toEqual([child.digest])
    })

    it.each([
      ['TAGGED', ['a', 'b']],
      ['UNTAGGED', [undefined]],
      ['ANY', ['a', undefined, 'b']],
    ])('chooses images that are %s, and counts all', async (tagStatus, tags) => {
      const { repositoryName } = await previewed('a', undefined, 'b')
      const { previewResults = [], summary } = await get({ repositoryName, filter: { tagStatus } })
      expect(previewResults.map(({ imageTags }) => imageTags?.[0])).toEqual(tags)
      expect(summary).toEqual({ expiringImageTotalCount: 3 })
    })

    it('chooses images that are named, and leaves out those on which it would not act', async () => {
      const { repositoryName, images } = await previewed('a', 'b', undefined)
      const [a, b, untagged, newest] = images as Descriptor[]
      const imageIds = [
        { imageDigest: untagged?.digest },
        { imageTag: 'a' },
        { imageDigest: b?.digest, imageTag: 'b' },
        { imageDigest: newest?.digest },
        { imageTag: 'none' },
      ]
      expect(digestsOf((await get({ repositoryName, imageIds })).previewResults)).toEqual([
        a?.digest,
        b?.digest,
        untagged?.digest,
      ])
      const mismatch = [{ imageDigest: a?.digest, imageTag: 'b' }, {}]
      expect((await get({ repositoryName, imageIds: mismatch })).previewResults).toEqual([])
      const tagged = { repositoryName, imageIds, filter: { tagStatus: 'UNTAGGED' } }
      expect(digestsOf((await get(tagged)).previewResults)).toEqual([untagged?.digest])
    })

    it('takes a new preview in place of the old one', async () => {
      const { repositoryName } = await previewed('a', 'b')
      expect((await get({ repositoryName })).previewResults).toHaveLength(2)
      const lifecyclePolicyText = policyText(expire(1, { countNumber: 2 }))
      await start(repositoryName, lifecyclePolicyText)
      expect(await get({ repositoryName })).toMatchObject({
        lifecyclePolicyText,
        previewResults: [{ imageTags: ['a'] }],
        summary: { expiringImageTotalCount: 1 },
      })
    })

    it('tells what would have been done to images that are gone since', async () => {
      const { repositoryName, images } = await previewed('a')
      await get({ repositoryName })
      await ecr.call('BatchDeleteImage', { repositoryName, imageIds: [{ imageTag: 'a' }] })
      expect(digestsOf((await get({ repositoryName })).previewResults)).toEqual([images[0].digest])
    })

    it('keeps the results for a day', async () => {
      await ecr.server.clock({ frozen: true })
      const { repositoryName } = await previewed('a')
      await get({ repositoryName })
      await ecr.server.clock({ advance: 'P1D' })
      expect(await get({ repositoryName })).toMatchObject({ status: 'COMPLETE', previewResults: [{}] })
      await ecr.server.clock({ advance: 'PT1S' })
      const { $metadata, ...expired } = await get({ repositoryName })
      const kept = { registryId: DEFAULT_ACCOUNT, repositoryName, previewResults: [], status: 'EXPIRED' }
      expect(expired).toEqual({ ...kept, lifecyclePolicyText: policyText(expire(1, {})) })
      await ecr.server.clock({ advance: 'PT2H' })
      expect(await get({ repositoryName })).toMatchObject(kept)
      await ecr.server.clock({ reset: true })
      expect(await get({ repositoryName })).toMatchObject(kept)
    })

    it('goes with its repository', async () => {
      const { repositoryName } = await previewed('a')
      await client.send(new DeleteRepositoryCommand({ repositoryName, force: true }))
      await aRepository(client, { repositoryName })
      await expect(get({ repositoryName })).rejects.toMatchObject(previewNotFound(repositoryName))
    })

    it('outlasts a restart, complete or not', async () => {
      const complete = await previewed('a')
      const { $metadata, ...before } = await get({ repositoryName: complete.repositoryName })
      const begun = await previewed('b')
      await ecr.restart()
      client = ecr.client()
      expect(await get({ repositoryName: complete.repositoryName })).toMatchObject(before)
      expect(digestsOf((await get({ repositoryName: begun.repositoryName })).previewResults)).toEqual([
        begun.images[0].digest,
      ])
    })
  })

  describe('pagination', () => {
    it.each([
      [1, 4],
      [2, 2],
      [3, 2],
      [4, 1],
      [undefined, 1],
    ])('of %s at a time makes %d pages', async (maxResults, count) => {
      const { repositoryName, images } = await previewed('a', 'b', undefined, 'c')
      const pages = await allPages(async (nextToken) => {
        const answer = await get({ repositoryName, nextToken, maxResults })
        expect(answer.summary).toEqual({ expiringImageTotalCount: 4 })
        return { items: answer.previewResults, nextToken: answer.nextToken }
      })
      expect(pages).toHaveLength(count)
      expect(digestsOf(pages.flat())).toEqual(images.slice(0, 4).map(({ digest }) => digest))
    })

    it('goes on among what was chosen', async () => {
      const { repositoryName } = await previewed('a', undefined, 'b', undefined)
      const input = { repositoryName, filter: { tagStatus: 'TAGGED' }, maxResults: 1 }
      const first = await get(input)
      const second = await get({ ...input, nextToken: first.nextToken })
      expect(second.previewResults).toMatchObject([{ imageTags: ['b'] }])
      expect(second.nextToken).toBeUndefined()
    })

    it('refuses a token of another list', async () => {
      const { repositoryName } = await previewed('a', 'b')
      const { nextToken } = await get({ repositoryName, maxResults: 1 })
      const invalid = invalidParameter('nextToken', 'Invalid nextToken')
      await expect(get({ repositoryName, nextToken: altered(nextToken) })).rejects.toMatchObject(invalid)
      const filter = { tagStatus: 'TAGGED' }
      await expect(get({ repositoryName, nextToken, filter })).rejects.toMatchObject(invalid)
    })
  })
})
