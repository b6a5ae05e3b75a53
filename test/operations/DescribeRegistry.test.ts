import { DescribeRegistryCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { authorizationOf, emulator } from '../support/emulator.ts'
import { anAccount, configure, ruleTo } from '../support/replication.ts'

describe('DescribeRegistry', () => {
  const ecr = emulator({ accountId: '555566667777' })

  describe('validation', () => {
    it.each(['[]', '"text"', 'null', '7', '{', '{"a":1}}'])('does not read %s', async (body) => {
      const answer = await ecr.call('DescribeRegistry', body)
      expect(answer.status).toBe(400)
      expect(answer.body.__type).toBe('SerializationException')
    })
  })

  describe('effects', () => {
    it.each([
      ['a key of twelve digits', '123456789012', '123456789012'],
      ['any other key', 'test', '555566667777'],
    ])("answers the caller's account and no replication rules: %s", async (_, accessKeyId, account) => {
      const client = ecr.client({ accessKeyId })
      const { registryId, replicationConfiguration } = await client.send(new DescribeRegistryCommand({}))
      expect(registryId).toBe(account)
      expect(replicationConfiguration).toEqual({ rules: [] })
    })

    it.each([
      ['nothing', '', {}],
      ['members that it does not know', { registryId: '123456789012', a: 1 }, {}],
      ['no signature', {}, { authorization: '' }],
    ])('answers in every case, also with %s', async (_, input, headers) => {
      const { body } = await ecr.call('DescribeRegistry', input, headers)
      expect(body).toEqual({ registryId: '555566667777', replicationConfiguration: { rules: [] } })
    })

    it('shows what is replicated from it', async () => {
      const account = anAccount()
      const client = ecr.client({ accessKeyId: account })
      const rule = ruleTo([{ region: 'us-east-1', registryId: account }], 'team-a/')
      await configure(client, rule)
      const { replicationConfiguration } = await client.send(new DescribeRegistryCommand({}))
      expect(replicationConfiguration).toEqual({ rules: [rule] })
    })

    it('finds the account of a real key in the key', async () => {
      // The account that this key encodes is public knowledge: it stands in many posts about the format.
      const authorization = authorizationOf('ASIAQNZGKIQY56JQ7WML', 'eu-west-1')
      const { body } = await ecr.call('DescribeRegistry', {}, { authorization })
      expect(body.registryId).toBe('029608264753')
    })
  })
})
