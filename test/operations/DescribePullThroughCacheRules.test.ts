import {
  DescribePullThroughCacheRulesCommand,
  type DescribePullThroughCacheRulesCommandInput,
  type ECRClient,
  paginateDescribePullThroughCacheRules,
} from '@aws-sdk/client-ecr'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { emulator } from '../support/emulator.ts'
import { altered } from '../support/pages.ts'
import { accessDenied, DEFAULT_ACCOUNT, invalidParameter } from '../support/refusals.ts'
import { aRule, ruleNotFound } from '../support/upstream.ts'

describe('DescribePullThroughCacheRules', () => {
  const ecr = emulator()
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })
  afterEach(() => ecr.server.reset())

  const list = (input: DescribePullThroughCacheRulesCommandInput = {}) =>
    client.send(new DescribePullThroughCacheRulesCommand(input))
  const prefixes = async (input: DescribePullThroughCacheRulesCommandInput = {}) =>
    (await list(input)).pullThroughCacheRules?.map(({ ecrRepositoryPrefix }) => ecrRepositoryPrefix)

  describe('validation', () => {
    it.each<[string, string, DescribePullThroughCacheRulesCommandInput]>([
      [
        'ecrRepositoryPrefixes',
        'Member must have length greater than or equal to 1',
        { ecrRepositoryPrefixes: [] },
      ],
      [
        'ecrRepositoryPrefixes',
        'Member must have length less than or equal to 100',
        { ecrRepositoryPrefixes: Array(101).fill('ab') },
      ],
      ['maxResults', 'Member must have value less than or equal to 1000', { maxResults: 1001 }],
      [
        'maxResults',
        'Cannot be used with ecrRepositoryPrefixes',
        { ecrRepositoryPrefixes: ['ab'], maxResults: 1 },
      ],
      ['nextToken', 'Invalid nextToken', { nextToken: 'token' }],
    ])('says of %s: %s', async (member, constraint, input) => {
      await expect(list(input)).rejects.toMatchObject(invalidParameter(member, constraint))
    })
  })

  describe('refusals', () => {
    it('rejects a prefix without a rule, among others that have one', async () => {
      await aRule(client, { ecrRepositoryPrefix: 'team' })
      await expect(list({ ecrRepositoryPrefixes: ['team', 'quay'] })).rejects.toMatchObject(ruleNotFound)
    })

    it('lets no other account in', async () => {
      const refused = accessDenied('ecr:DescribePullThroughCacheRules', '*')
      await expect(list({ registryId: '111122223333' })).rejects.toMatchObject(refused)
    })
  })

  describe('effects', () => {
    it('shows a rule whole', async () => {
      await ecr.server.clock({ now: '2027-01-01T00:00:00Z', frozen: true })
      await aRule(client, { ecrRepositoryPrefix: 'quay' })
      const { body } = await ecr.call('DescribePullThroughCacheRules', {})
      expect(body).toEqual({
        pullThroughCacheRules: [
          {
            createdAt: 1_798_761_600,
            ecrRepositoryPrefix: 'quay',
            registryId: DEFAULT_ACCOUNT,
            updatedAt: 1_798_761_600,
            upstreamRegistry: 'quay',
            upstreamRegistryUrl: 'quay.io',
            upstreamRepositoryPrefix: 'ROOT',
          },
        ],
      })
    })

    it('answers with those that are named, each once, as they are named', async () => {
      for (const ecrRepositoryPrefix of ['aa', 'bb', 'cc']) await aRule(client, { ecrRepositoryPrefix })
      expect(await prefixes({ ecrRepositoryPrefixes: ['cc', 'aa/', 'cc/'] })).toEqual(['cc', 'aa'])
    })

    it('knows none of another region', async () => {
      await aRule(ecr.client({ region: 'us-east-1' }))
      expect(await prefixes()).toEqual([])
    })
  })

  describe('pagination', () => {
    it('lists all in the order of their prefixes, page by page', async () => {
      for (const ecrRepositoryPrefix of ['cc', 'ROOT', 'aa', 'bb'])
        await aRule(client, { ecrRepositoryPrefix })
      const pages = []
      for await (const page of paginateDescribePullThroughCacheRules({ client, pageSize: 2 }, {}))
        pages.push(page.pullThroughCacheRules?.map(({ ecrRepositoryPrefix }) => ecrRepositoryPrefix))
      expect(pages).toEqual([
        ['ROOT', 'aa'],
        ['bb', 'cc'],
      ])
      expect((await list({ maxResults: 4 })).nextToken).toBeUndefined()
    })

    it('rejects a token that was altered', async () => {
      for (const ecrRepositoryPrefix of ['aa', 'bb']) await aRule(client, { ecrRepositoryPrefix })
      const { nextToken } = await list({ maxResults: 1 })
      const refused = invalidParameter('nextToken', 'Invalid nextToken')
      await expect(list({ maxResults: 1, nextToken: altered(nextToken) })).rejects.toMatchObject(refused)
    })
  })
})
