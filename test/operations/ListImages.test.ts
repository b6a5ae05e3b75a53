import {
  BatchDeleteImageCommand,
  DescribeImagesCommand,
  type ECRClient,
  type ImageIdentifier,
  ListImagesCommand,
  PutImageCommand,
} from '@aws-sdk/client-ecr'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { aName, anImage, anIndex, aRepository, type StoredManifest } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { allPages, altered } from '../support/pages.ts'
import {
  accessDenied,
  invalidParameter,
  invalidRepositoryMembers,
  repositoryArnOf,
  repositoryNotFound,
} from '../support/refusals.ts'

describe('ListImages', () => {
  const ecr = emulator()
  let client: ECRClient
  let repositoryName: string
  let image: StoredManifest
  beforeAll(() => {
    client = ecr.client()
  })
  beforeEach(async () => {
    repositoryName = await aRepository(client)
    image = await anImage(client, repositoryName)
  })

  const list = (input: object = {}, by = client) =>
    by.send(new ListImagesCommand({ repositoryName, ...input }))
  async function tag(...tags: string[]): Promise<void> {
    for (const imageTag of tags)
      await client.send(new PutImageCommand({ repositoryName, imageManifest: image.text, imageTag }))
  }
  const remove = (...imageIds: ImageIdentifier[]) =>
    client.send(new BatchDeleteImageCommand({ repositoryName, imageIds }))

  describe('validation', () => {
    it.each([
      ...invalidRepositoryMembers,
      ['maxResults', 'Member must have value greater than or equal to 1', { maxResults: 0 }],
      ['maxResults', 'Member must have value less than or equal to 1000', { maxResults: 1001 }],
      [
        'filter.tagStatus',
        'Member must satisfy enum value set: [TAGGED, UNTAGGED, ANY]',
        { filter: { tagStatus: 'tagged' } },
      ],
      [
        'filter.imageStatus',
        'Member must satisfy enum value set: [ACTIVE, ARCHIVED, ACTIVATING, ANY]',
        { filter: { imageStatus: 'DELETED' } },
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

    it('lets nobody into the registry of another account', async () => {
      const resource = repositoryArnOf(repositoryName, { accountId: '123456789012' })
      const refused = accessDenied('ecr:ListImages', resource)
      await expect(list({ registryId: '123456789012' })).rejects.toMatchObject(refused)
    })
  })

  describe('effects', () => {
    it('lists nothing of an empty repository', async () => {
      repositoryName = await aRepository(client)
      const { imageIds, nextToken } = await list()
      expect({ imageIds, nextToken }).toEqual({ imageIds: [], nextToken: undefined })
    })

    it('lists one entry for each tag, and one for an image without any, in the order of first push', async () => {
      const second = await anImage(client, repositoryName, { imageTag: 'c' })
      const third = await anImage(client, repositoryName)
      await tag('b', 'a', 'B')
      expect((await list()).imageIds).toEqual([
        { imageDigest: image.digest, imageTag: 'B' },
        { imageDigest: image.digest, imageTag: 'a' },
        { imageDigest: image.digest, imageTag: 'b' },
        { imageDigest: second.digest, imageTag: 'c' },
        { imageDigest: third.digest },
      ])
    })

    it('lists an index beside its children', async () => {
      const index = await anIndex(client, repositoryName, [image], { imageTag: 'index' })
      expect((await list()).imageIds).toEqual([
        { imageDigest: image.digest },
        { imageDigest: index.digest, imageTag: 'index' },
      ])
    })

    it.each([
      ['TAGGED', ['a', 'b']],
      ['UNTAGGED', [undefined]],
      ['ANY', [undefined, 'a', 'b']],
    ])('by tagStatus %s lists the tags %o', async (tagStatus, tags) => {
      await anImage(client, repositoryName, { imageTag: 'a' })
      await anImage(client, repositoryName, { imageTag: 'b' })
      const { imageIds } = await list({ filter: { tagStatus } })
      expect(imageIds?.map(({ imageTag }) => imageTag)).toEqual(tags)
    })

    it('follows a tag that moves', async () => {
      await tag('latest')
      const next = await anImage(client, repositoryName, { imageTag: 'latest' })
      const { imageIds } = await list({ filter: { tagStatus: 'TAGGED' } })
      expect(imageIds).toEqual([{ imageDigest: next.digest, imageTag: 'latest' }])
      const { imageIds: untagged } = await list({ filter: { tagStatus: 'UNTAGGED' } })
      expect(untagged).toEqual([{ imageDigest: image.digest }])
    })

    it.each([
      [undefined, 1],
      ['ACTIVE', 1],
      ['ARCHIVED', 0],
      ['ACTIVATING', 0],
      ['ANY', 1],
    ])('by imageStatus %s lists %i active images', async (imageStatus, count) => {
      expect((await list({ filter: { imageStatus } })).imageIds).toHaveLength(count)
    })
  })

  describe('pagination', () => {
    const pages = (input: { maxResults?: number; filter?: object }) =>
      allPages(async (nextToken) => {
        const { imageIds: items, ...answer } = await list({ ...input, nextToken })
        return { items, nextToken: answer.nextToken }
      })

    it('answers pages of maxResults to the end, across images and their tags', async () => {
      await tag('a', 'b', 'c')
      await anImage(client, repositoryName)
      await anImage(client, repositoryName, { imageTag: 'd' })
      const whole = (await list()).imageIds
      expect(whole).toHaveLength(5)
      for (const maxResults of [1, 2, 3, 4, 5, 1000]) {
        const read = await pages({ maxResults })
        expect(read.flat()).toEqual(whole)
        expect(read).toHaveLength(Math.ceil(5 / maxResults))
      }
    })

    it('pages through what a filter chooses', async () => {
      await tag('a', 'b')
      await anImage(client, repositoryName)
      await anImage(client, repositoryName, { imageTag: 'c' })
      const read = await pages({ maxResults: 1, filter: { tagStatus: 'TAGGED' } })
      expect(read.map(([imageId]) => imageId?.imageTag)).toEqual(['a', 'b', 'c'])
    })

    it('answers 100 entries when nothing is said', async () => {
      await tag(...Array.from({ length: 101 }, (_, index) => `v${index}`))
      expect((await pages({})).map((page) => page.length)).toEqual([100, 1])
    })

    it('keeps its place while images come and go', async () => {
      await tag('a', 'b', 'c')
      const last = await anImage(client, repositoryName, { imageTag: 'last' })
      const first = await list({ maxResults: 2 })
      expect(first.imageIds?.map(({ imageTag }) => imageTag)).toEqual(['a', 'b'])

      await remove({ imageTag: 'b' }, { imageDigest: last.digest })
      await tag('aa', 'd')
      await anImage(client, repositoryName, { imageTag: 'new' })
      const second = await list({ maxResults: 10, nextToken: first.nextToken })
      expect(second.imageIds?.map(({ imageTag }) => imageTag)).toEqual(['c', 'd', 'new'])
      expect(second.nextToken).toBeUndefined()
    })

    it('goes on when the image at which a page ended is gone', async () => {
      await tag('a')
      const next = await anImage(client, repositoryName)
      const { nextToken } = await list({ maxResults: 1 })
      await remove({ imageDigest: image.digest })
      expect((await list({ nextToken })).imageIds).toEqual([{ imageDigest: next.digest }])
    })

    describe('a token', () => {
      let nextToken: string | undefined
      const invalidToken = invalidParameter('nextToken', 'Invalid nextToken')
      beforeEach(async () => {
        await tag('a', 'b')
        nextToken = (await list({ maxResults: 1 })).nextToken
      })

      it('may be used again, and with another maxResults', async () => {
        for (const maxResults of [1, 2, undefined]) {
          const { imageIds } = await list({ maxResults, nextToken })
          expect(imageIds).toEqual([{ imageDigest: image.digest, imageTag: 'b' }])
        }
      })

      it.each([
        ['altered', () => list({ nextToken: altered(nextToken) })],
        ['cut', () => list({ nextToken: nextToken?.slice(0, 20) })],
        ['empty', () => list({ nextToken: '' })],
        ['made up', () => list({ nextToken: 'next' })],
        ['of another filter', () => list({ nextToken, filter: { tagStatus: 'TAGGED' } })],
        ['of another operation', () => client.send(new DescribeImagesCommand({ repositoryName, nextToken }))],
      ])('is refused when it is %s', async (_, request) => {
        await expect(request()).rejects.toMatchObject(invalidToken)
      })

      it('is refused in another repository', async () => {
        repositoryName = await aRepository(client)
        await expect(list({ nextToken })).rejects.toMatchObject(invalidToken)
      })

      it.each([
        ['account', { accessKeyId: '123456789012' }],
        ['region', { region: 'us-east-1' }],
      ])('is refused in another %s', async (_, identity) => {
        const other = ecr.client(identity)
        await aRepository(other, { repositoryName })
        await expect(list({ nextToken }, other)).rejects.toMatchObject(invalidToken)
      })
    })
  })
})
