import { DescribeRepositoryCreationTemplatesCommand, type ECRClient } from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it } from 'vitest'
import { emulator } from '../support/emulator.ts'
import { allPages, altered } from '../support/pages.ts'
import { invalidParameter } from '../support/refusals.ts'
import { aTemplate } from '../support/templates.ts'

describe('DescribeRepositoryCreationTemplates', () => {
  const PREFIXES = ['ROOT', 'a', 'a/b', 'b', 'c-d']
  const ecr = emulator()
  let client: ECRClient
  beforeAll(async () => {
    client = ecr.client()
    for (const prefix of [...PREFIXES].reverse()) await aTemplate(client, { prefix, description: prefix })
  })
  const list = async (input: object = {}) =>
    client.send(new DescribeRepositoryCreationTemplatesCommand(input))
  const prefixesOf = async (input: object = {}) =>
    (await list(input)).repositoryCreationTemplates?.map(({ prefix }) => prefix)

  describe('validation', () => {
    it.each([
      ['maxResults', 'Member must have value greater than or equal to 1', { maxResults: 0 }],
      ['maxResults', 'Member must have value less than or equal to 1000', { maxResults: 1001 }],
      ['maxResults', 'Cannot be used with prefixes', { maxResults: 1, prefixes: ['a'] }],
      ['nextToken', 'Cannot be used with prefixes', { nextToken: 'a', prefixes: ['a'] }],
    ])('%s: %s', async (member, constraint, input) => {
      await expect(list(input)).rejects.toMatchObject(invalidParameter(member, constraint))
    })
  })

  describe('effects', () => {
    it('describes all, in the order of prefixes', async () => {
      expect(await prefixesOf()).toEqual(PREFIXES)
      expect(await list()).toMatchObject({ registryId: '000000000000' })
    })

    it.each([
      [
        ['b', 'a/b/', 'b/'],
        ['b', 'a/b'],
      ],
      [['none', 'ROOT'], ['ROOT']],
      [['none'], []],
      [[], PREFIXES],
    ])('of %j describes %j', async (prefixes, expected) => {
      expect(await prefixesOf({ prefixes })).toEqual(expected)
    })

    it.each([{ accessKeyId: '222233334444' }, { region: 'sa-east-1' }])(
      'shows none of another registry: %j',
      async (identity) => {
        const command = new DescribeRepositoryCreationTemplatesCommand({})
        const { repositoryCreationTemplates } = await ecr.client(identity).send(command)
        expect(repositoryCreationTemplates).toEqual([])
      },
    )
  })

  describe('pagination', () => {
    it.each([
      [undefined, [5]],
      [5, [5]],
      [2, [2, 2, 1]],
    ])('answers pages of %j to the end', async (maxResults, sizes) => {
      const pages = await allPages(async (token) => {
        const { repositoryCreationTemplates, nextToken } = await list({ maxResults, nextToken: token })
        return { items: repositoryCreationTemplates?.map(({ prefix }) => prefix), nextToken }
      })
      expect(pages.map((page) => page.length)).toEqual(sizes)
      expect(pages.flat()).toEqual(PREFIXES)
    })

    it('refuses a token that is altered', async () => {
      const { nextToken } = await list({ maxResults: 1 })
      await expect(list({ nextToken: altered(nextToken) })).rejects.toMatchObject(
        invalidParameter('nextToken', 'Invalid nextToken'),
      )
    })
  })
})
