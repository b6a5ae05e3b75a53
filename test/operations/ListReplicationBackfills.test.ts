import { type ECRClient, ListReplicationBackfillsCommand } from '@aws-sdk/client-ecr'
import { beforeEach, describe, expect, it } from 'vitest'
import { anImage, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { allPages, altered } from '../support/pages.ts'
import { accessDenied, invalidParameter } from '../support/refusals.ts'
import {
  aBackfill,
  anAccount,
  arrive,
  backfillNotFound,
  configure,
  finish,
  frozen,
  resultsOf,
  ruleTo,
} from '../support/replication.ts'

describe('ListReplicationBackfills', () => {
  const ecr = emulator()
  frozen(ecr)
  let account: string
  let client: ECRClient
  beforeEach(() => {
    account = anAccount()
    client = ecr.client({ accessKeyId: account })
  })

  const list = (input: object = {}, by = client) => by.send(new ListReplicationBackfillsCommand(input))
  const toRegion = (region: string) => ({ region, registryId: account })

  /** Backfills of a registry with nothing in it, oldest first. */
  async function backfills(count: number): Promise<string[]> {
    const destination = toRegion('us-east-1')
    await configure(client, ruleTo([destination]))
    const ids = []
    for (let number = 0; number < count; number += 1) {
      ids.push(await aBackfill(client, destination))
      await finish(ecr)
    }
    return ids
  }

  describe('validation', () => {
    it.each([
      ['maxResults', 'Member must have value greater than or equal to 1', { maxResults: 0 }],
      ['maxResults', 'Member must have value less than or equal to 50', { maxResults: 51 }],
      ['registryId', 'Member must satisfy regular expression pattern: [0-9]{12}', { registryId: '1' }],
    ])('%s: %s', async (member, constraint, input) => {
      await expect(list(input)).rejects.toMatchObject(invalidParameter(member, constraint))
    })
  })

  describe('refusals', () => {
    it('lists none of another account', async () => {
      const refused = accessDenied('ecr:ListReplicationBackfills', '*')
      await expect(list({ registryId: account }, ecr.client())).rejects.toMatchObject(refused)
    })
  })

  describe('effects', () => {
    it('has nothing to tell of a registry without backfills', async () => {
      const { $metadata, ...answer } = await list()
      expect(answer).toEqual({ registryId: account, backfills: [] })
    })

    it('tells how far each has come, newest first', async () => {
      await anImage(client, await aRepository(client))
      const [first, second, third] = ['us-east-1', 'us-east-2', 'us-west-1'].map(toRegion)
      await configure(client, ruleTo([first, second, third] as ReturnType<typeof toRegion>[]))
      const ids = []
      for (const destination of [first, second, third]) {
        ids.unshift(await aBackfill(client, destination as ReturnType<typeof toRegion>))
        await arrive(ecr)
      }
      const { backfills = [] } = await list()
      expect(backfills.map((one) => one.replicationBackfillId)).toEqual(ids)
      const [newest, middle, oldest] = backfills
      expect([newest, middle, oldest]).toEqual([
        expect.objectContaining({ destination: third, status: 'IN_PROGRESS' }),
        expect.objectContaining({ destination: second, status: 'COMPLETE' }),
        {
          replicationBackfillId: ids[2],
          destination: first,
          status: 'COMPLETE',
          progress: {
            totalReplicationCount: 1,
            completedReplicationCount: 1,
            failedReplicationCount: 0,
            failureCodes: [],
          },
          startedAt: expect.any(Date),
          endedAt: new Date((oldest?.startedAt?.getTime() ?? 0) + 2000),
        },
      ])
    })

    it('forgets those that ended 90 days ago', async () => {
      const [id = ''] = await backfills(1)
      await ecr.server.clock({ advance: 'P89D' })
      expect((await list()).backfills).toHaveLength(1)
      await ecr.server.clock({ advance: 'P1D' })
      expect((await list()).backfills).toEqual([])
      await expect(resultsOf(client, id)).rejects.toMatchObject(backfillNotFound(account, id))
    })

    it('forgets those of a registry that is reset', async () => {
      await backfills(1)
      await ecr.server.reset({ accountId: account, region: 'eu-west-1' })
      expect((await list()).backfills).toEqual([])
    })
  })

  describe('pagination', () => {
    it('lists 25 on a page, or as many as are asked for', async () => {
      const ids = (await backfills(27)).reverse()
      const pages = (maxResults?: number) =>
        allPages(async (nextToken) => {
          const { backfills, nextToken: next } = await list({ nextToken, maxResults })
          return { items: backfills?.map((one) => one.replicationBackfillId), nextToken: next }
        })
      expect(await pages()).toEqual([ids.slice(0, 25), ids.slice(25)])
      expect(await pages(9)).toEqual([ids.slice(0, 9), ids.slice(9, 18), ids.slice(18)])
    })

    it('refuses a token that was changed', async () => {
      await backfills(2)
      const { nextToken } = await list({ maxResults: 1 })
      const refused = invalidParameter('nextToken', 'Invalid nextToken')
      await expect(list({ maxResults: 1, nextToken: altered(nextToken) })).rejects.toMatchObject(refused)
    })
  })
})
