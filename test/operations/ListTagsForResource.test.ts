import { type ECRClient, ListTagsForResourceCommand, TagResourceCommand } from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it } from 'vitest'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import {
  accessDenied,
  invalidParameter,
  invalidResourceArns,
  otherRegistries,
  repositoryArnOf,
  repositoryNotFound,
} from '../support/refusals.ts'

describe('ListTagsForResource', () => {
  const ecr = emulator()
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })

  const list = (resourceArn: string | undefined, by = client) =>
    by.send(new ListTagsForResourceCommand({ resourceArn }))

  describe('validation', () => {
    it('requires an ARN', async () => {
      const refused = invalidParameter('resourceArn', 'Member must not be null')
      await expect(list(undefined)).rejects.toMatchObject(refused)
    })

    it.each(invalidResourceArns)('refuses the ARN %j', async (resourceArn) => {
      await expect(list(resourceArn)).rejects.toMatchObject(invalidParameter('resourceArn', 'Invalid ARN'))
    })
  })

  describe('refusals', () => {
    it('refuses a repository that is not there', async () => {
      await expect(list(repositoryArnOf('not-here'))).rejects.toMatchObject(repositoryNotFound('not-here'))
    })

    it('refuses a repository of another account', async () => {
      const resourceArn = repositoryArnOf('theirs', { accountId: '111122223333' })
      await expect(list(resourceArn)).rejects.toMatchObject(
        accessDenied('ecr:ListTagsForResource', resourceArn),
      )
    })
  })

  describe('effects', () => {
    it('answers an empty list where no tags are', async () => {
      const { body } = await ecr.call('ListTagsForResource', {
        resourceArn: repositoryArnOf(await aRepository(client)),
      })
      expect(body).toEqual({ tags: [] })
    })

    it('lists tags in the order of their keys, however they came', async () => {
      const tags = ['b', 'Z', 'a', 'ä', '1'].map((Key) => ({ Key, Value: `of ${Key}` }))
      const resourceArn = repositoryArnOf(await aRepository(client, { tags: tags.slice(0, 3) }))
      await client.send(new TagResourceCommand({ resourceArn, tags: tags.slice(3) }))
      const listed = await list(resourceArn)
      expect(listed.tags?.map(({ Key }) => Key)).toEqual(['1', 'Z', 'a', 'b', 'ä'])
      expect(listed.tags).toEqual(expect.arrayContaining(tags))
    })

    it.each(otherRegistries)('keeps them apart from those in another %s', async (_, identity) => {
      const repositoryName = await aRepository(client, { tags: [{ Key: 'team', Value: 'ours' }] })
      const stranger = ecr.client(identity)
      await aRepository(stranger, { repositoryName, tags: [{ Key: 'team', Value: 'theirs' }] })
      const theirs = repositoryArnOf(repositoryName, { accountId: identity.accessKeyId, ...identity })
      expect((await list(theirs, stranger)).tags).toEqual([{ Key: 'team', Value: 'theirs' }])
      expect((await list(repositoryArnOf(repositoryName))).tags).toEqual([{ Key: 'team', Value: 'ours' }])
    })
  })
})
