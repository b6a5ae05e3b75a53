import {
  type ECRClient,
  ListTagsForResourceCommand,
  TagResourceCommand,
  type TagResourceCommandInput,
} from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it } from 'vitest'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import {
  accessDenied,
  invalidParameter,
  invalidResourceArns,
  refusal,
  repositoryArnOf,
  repositoryNotFound,
} from '../support/refusals.ts'

const numbered = (count: number, prefix = 'k') =>
  Array.from({ length: count }, (_, index) => ({ Key: `${prefix}${index}`, Value: '' }))

describe('TagResource', () => {
  const ecr = emulator()
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })

  const tag = (resourceArn: string, tags: unknown) =>
    client.send(new TagResourceCommand({ resourceArn, tags } as TagResourceCommandInput))
  const tagsOf = async (resourceArn: string) =>
    (await client.send(new ListTagsForResourceCommand({ resourceArn }))).tags

  describe('validation', () => {
    it.each([
      ['resourceArn', { tags: [] }],
      ['tags', { resourceArn: repositoryArnOf('ab') }],
      ['tags.2.member.key', { resourceArn: 'x', tags: [{ Key: 'a', Value: 'b' }, { Value: 'c' }] }],
      ['tags.1.member.value', { resourceArn: 'x', tags: [{ Key: 'a' }] }],
    ])('requires %s', async (member, input) => {
      await expect(
        client.send(new TagResourceCommand(input as TagResourceCommandInput)),
      ).rejects.toMatchObject(invalidParameter(member, 'Member must not be null'))
    })

    it.each(invalidResourceArns)('refuses the ARN %j', async (resourceArn) => {
      await expect(tag(resourceArn, [])).rejects.toMatchObject(invalidParameter('resourceArn', 'Invalid ARN'))
    })

    it('does not read a map of tags', async () => {
      const { body } = await ecr.call('TagResource', { resourceArn: repositoryArnOf('ab'), tags: { a: 'b' } })
      const message = 'START_OBJECT can not be converted to a List'
      expect(body).toEqual({ __type: 'SerializationException', message })
    })
  })

  describe('refusals', () => {
    it('refuses a repository that is not there', async () => {
      const refused = repositoryNotFound('not-here')
      await expect(tag(repositoryArnOf('not-here'), numbered(1))).rejects.toMatchObject(refused)
    })

    it('refuses a repository of another account', async () => {
      const resourceArn = repositoryArnOf('theirs', { accountId: '111122223333' })
      const refused = accessDenied('ecr:TagResource', resourceArn)
      await expect(tag(resourceArn, numbered(1))).rejects.toMatchObject(refused)
    })

    it.each([
      ['an empty key', [{ Key: '', Value: 'v' }]],
      ['a long key', [{ Key: 'k'.repeat(129), Value: 'v' }]],
      ['a long value', [{ Key: 'k', Value: 'v'.repeat(257) }]],
      ['a key of AWS', [{ Key: 'AWS:cloudformation', Value: 'v' }]],
      ['a strange character', [{ Key: 'k*', Value: 'v' }]],
      ['a key twice', [...numbered(1), ...numbered(1)]],
    ])('refuses %s, and sets none of the others', async (_, tags) => {
      const resourceArn = repositoryArnOf(await aRepository(client))
      const refused = refusal('InvalidTagParameterException', 'Tag parameters are invalid')
      await expect(tag(resourceArn, [...numbered(2, 'good'), ...tags])).rejects.toMatchObject(refused)
      expect(await tagsOf(resourceArn)).toEqual([])
    })

    it('refuses the fifty-first tag, whether it comes alone or with the others', async () => {
      const message = 'The maximum number of 50 tags per repository has been exceeded'
      const refused = refusal('TooManyTagsException', message)
      const resourceArn = repositoryArnOf(await aRepository(client))
      await expect(tag(resourceArn, numbered(51))).rejects.toMatchObject(refused)
      await tag(resourceArn, numbered(50))
      await expect(tag(resourceArn, [{ Key: 'one more', Value: '' }])).rejects.toMatchObject(refused)
      expect(await tagsOf(resourceArn)).toHaveLength(50)
    })
  })

  describe('effects', () => {
    it('answers an empty object', async () => {
      const resourceArn = repositoryArnOf(await aRepository(client))
      const { status, body } = await ecr.call('TagResource', { resourceArn, tags: numbered(1) })
      expect({ status, body }).toEqual({ status: 200, body: {} })
    })

    it('gives a key that is there the new value and leaves the rest', async () => {
      const tags = [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '1' },
      ]
      const resourceArn = repositoryArnOf(await aRepository(client, { tags }))
      await tag(resourceArn, [
        { Key: 'b', Value: '2' },
        { Key: 'B', Value: '3' },
      ])
      expect(await tagsOf(resourceArn)).toEqual([
        { Key: 'B', Value: '3' },
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '2' },
      ])
    })

    it('replaces values of a repository that has all its fifty tags', async () => {
      const resourceArn = repositoryArnOf(await aRepository(client, { tags: numbered(50) }))
      await tag(resourceArn, [{ Key: 'k7', Value: 'new' }])
      expect(await tagsOf(resourceArn)).toContainEqual({ Key: 'k7', Value: 'new' })
    })

    it('loses none of what is set at the same time', async () => {
      const resourceArn = repositoryArnOf(await aRepository(client))
      await Promise.all(numbered(20).map((each) => tag(resourceArn, [each])))
      expect(await tagsOf(resourceArn)).toHaveLength(20)
    })

    it('takes keys and values of full length and of any script', async () => {
      const tags = [
        { Key: 'k'.repeat(128), Value: 'v'.repeat(256) },
        { Key: 'チーム 1+2=3', Value: 'a.b:c/d@e_f-g' },
        { Key: 'empty', Value: '' },
      ]
      const resourceArn = repositoryArnOf(await aRepository(client))
      await tag(resourceArn, tags)
      expect(await tagsOf(resourceArn)).toEqual(expect.arrayContaining(tags))
    })

    it('does nothing when there is nothing to set', async () => {
      const resourceArn = repositoryArnOf(await aRepository(client, { tags: numbered(1) }))
      await tag(resourceArn, [])
      expect(await tagsOf(resourceArn)).toEqual(numbered(1))
    })
  })
})
