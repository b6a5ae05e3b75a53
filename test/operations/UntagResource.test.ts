import {
  type ECRClient,
  ListTagsForResourceCommand,
  UntagResourceCommand,
  type UntagResourceCommandInput,
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

describe('UntagResource', () => {
  const ecr = emulator()
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })

  const untag = (resourceArn: string, tagKeys: string[]) =>
    client.send(new UntagResourceCommand({ resourceArn, tagKeys }))
  /** The ARN of a repository with tags of these keys. */
  const tagged = async (...keys: string[]) =>
    repositoryArnOf(await aRepository(client, { tags: keys.map((Key) => ({ Key, Value: 'v' })) }))
  const keysOf = async (resourceArn: string) => {
    const { tags } = await client.send(new ListTagsForResourceCommand({ resourceArn }))
    return tags?.map(({ Key }) => Key)
  }

  describe('validation', () => {
    it.each([
      ['resourceArn', { tagKeys: ['a'] }],
      ['tagKeys', { resourceArn: repositoryArnOf('ab') }],
    ])('requires %s', async (member, input) => {
      await expect(
        client.send(new UntagResourceCommand(input as UntagResourceCommandInput)),
      ).rejects.toMatchObject(invalidParameter(member, 'Member must not be null'))
    })

    it.each(invalidResourceArns)('refuses the ARN %j', async (resourceArn) => {
      const refused = invalidParameter('resourceArn', 'Invalid ARN')
      await expect(untag(resourceArn, ['a'])).rejects.toMatchObject(refused)
    })
  })

  describe('refusals', () => {
    it('refuses a repository that is not there', async () => {
      const refused = repositoryNotFound('not-here')
      await expect(untag(repositoryArnOf('not-here'), ['a'])).rejects.toMatchObject(refused)
    })

    it('refuses a repository of another account', async () => {
      const resourceArn = repositoryArnOf('theirs', { accountId: '111122223333' })
      const refused = accessDenied('ecr:UntagResource', resourceArn)
      await expect(untag(resourceArn, ['a'])).rejects.toMatchObject(refused)
    })

    it.each([
      ['an empty key', ''],
      ['a long key', 'k'.repeat(129)],
      ['a key of AWS', 'aws:stack'],
    ])('refuses %s, and removes none of the others', async (_, key) => {
      const resourceArn = await tagged('a')
      const refused = refusal('InvalidTagParameterException', 'Tag parameters are invalid')
      await expect(untag(resourceArn, ['a', key])).rejects.toMatchObject(refused)
      expect(await keysOf(resourceArn)).toEqual(['a'])
    })

    it('refuses more than fifty keys', async () => {
      const resourceArn = await tagged('k0')
      const keys = Array.from({ length: 51 }, (_, index) => `k${index}`)
      const message = 'The maximum number of 50 tags per repository has been exceeded'
      await expect(untag(resourceArn, keys)).rejects.toMatchObject(refusal('TooManyTagsException', message))
      expect(await keysOf(resourceArn)).toEqual(['k0'])
    })
  })

  describe('effects', () => {
    it('answers an empty object', async () => {
      const { status, body } = await ecr.call('UntagResource', {
        resourceArn: await tagged('a'),
        tagKeys: ['a'],
      })
      expect({ status, body }).toEqual({ status: 200, body: {} })
    })

    it.each([
      ['those that are named', ['a', 'c'], ['b']],
      ['what is there of those that are named', ['a', 'not here'], ['b', 'c']],
      ['none by a key of another case', ['A'], ['a', 'b', 'c']],
      ['a key that is named twice', ['b', 'b'], ['a', 'c']],
      ['nothing without keys', [], ['a', 'b', 'c']],
      ['all', ['c', 'b', 'a'], []],
    ])('removes %s', async (_, keys, left) => {
      const resourceArn = await tagged('a', 'b', 'c')
      await untag(resourceArn, keys)
      expect(await keysOf(resourceArn)).toEqual(left)
    })
  })
})
