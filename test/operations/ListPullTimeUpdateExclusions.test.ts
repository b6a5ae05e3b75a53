import {
  type ECRClient,
  ListPullTimeUpdateExclusionsCommand,
  RegisterPullTimeUpdateExclusionCommand,
} from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it } from 'vitest'
import { emulator } from '../support/emulator.ts'
import { allPages, altered } from '../support/pages.ts'
import { invalidParameter, otherRegistries } from '../support/refusals.ts'

const ARNS = [
  'arn:aws:iam::000000000000:role/a',
  'arn:aws:iam::000000000000:role/b/c',
  'arn:aws:iam::000000000000:user/a',
  'arn:aws:iam::111122223333:role/a',
  'arn:aws:iam::111122223333:user/z',
]

describe('ListPullTimeUpdateExclusions', () => {
  const ecr = emulator()
  let client: ECRClient
  beforeAll(async () => {
    client = ecr.client()
    for (const principalArn of [...ARNS].reverse())
      await client.send(new RegisterPullTimeUpdateExclusionCommand({ principalArn }))
  })
  const list = (input: object = {}, by = client) => by.send(new ListPullTimeUpdateExclusionsCommand(input))

  describe('validation', () => {
    it.each([
      ['greater than or equal to 1', 0],
      ['less than or equal to 1000', 1001],
    ])('maxResults: %s', async (bound, maxResults) => {
      const refused = invalidParameter('maxResults', `Member must have value ${bound}`)
      await expect(list({ maxResults })).rejects.toMatchObject(refused)
    })
  })

  describe('effects', () => {
    it('lists all, in the order of their ARNs', async () => {
      const { pullTimeUpdateExclusions, nextToken } = await list()
      expect({ pullTimeUpdateExclusions, nextToken }).toEqual({
        pullTimeUpdateExclusions: ARNS,
        nextToken: undefined,
      })
    })

    it.each(otherRegistries)('lists none of another %s', async (_, identity) => {
      expect(await list({}, ecr.client(identity))).toMatchObject({ pullTimeUpdateExclusions: [] })
    })
  })

  describe('pagination', () => {
    it.each([
      [5, [5]],
      [2, [2, 2, 1]],
    ])('answers pages of %j to the end', async (maxResults, sizes) => {
      const pages = await allPages(async (token) => {
        const { pullTimeUpdateExclusions, nextToken } = await list({ maxResults, nextToken: token })
        return { items: pullTimeUpdateExclusions, nextToken }
      })
      expect(pages.map((page) => page.length)).toEqual(sizes)
      expect(pages.flat()).toEqual(ARNS)
    })

    it('refuses a token that is altered', async () => {
      const { nextToken } = await list({ maxResults: 1 })
      const refused = invalidParameter('nextToken', 'Invalid nextToken')
      await expect(list({ nextToken: altered(nextToken) })).rejects.toMatchObject(refused)
    })
  })
})
