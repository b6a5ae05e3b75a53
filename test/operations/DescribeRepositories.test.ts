import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeRepositoriesCommand,
  type DescribeRepositoriesCommandInput,
  type ECRClient,
  ListImagesCommand,
  paginateDescribeRepositories,
} from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it } from 'vitest'
import { aName, anImage, aRepository } from '../support/content.ts'
import { authorizationOf, emulator } from '../support/emulator.ts'
import { altered } from '../support/pages.ts'
import {
  accessDenied,
  DEFAULT_ACCOUNT,
  invalidParameter,
  NAME_CONSTRAINT,
  otherRegistries,
  repositoryNotFound,
} from '../support/refusals.ts'

describe('DescribeRepositories', () => {
  const ecr = emulator()
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })

  const describeBy = (by: ECRClient, input: DescribeRepositoriesCommandInput = {}) =>
    by.send(new DescribeRepositoriesCommand(input))

  /** A client of a registry that holds these repositories and no others. */
  async function registryOf(region: string, names: readonly string[]): Promise<ECRClient> {
    const by = ecr.client({ region })
    for (const repositoryName of names) await by.send(new CreateRepositoryCommand({ repositoryName }))
    return by
  }

  /** A client that knows the server by another name. */
  function calling(host: string): ECRClient {
    const by = ecr.client()
    by.middlewareStack.add(
      (next) => (args) => {
        Object.assign((args.request as { headers: object }).headers, { host })
        return next(args)
      },
      { step: 'finalizeRequest', priority: 'low' },
    )
    return by
  }

  describe('validation', () => {
    it.each<[string, string, DescribeRepositoriesCommandInput]>([
      [
        'registryId',
        'Member must satisfy regular expression pattern: [0-9]{12}',
        { registryId: '1234567890123' },
      ],
      ['repositoryNames', 'Member must have length greater than or equal to 1', { repositoryNames: [] }],
      [
        'repositoryNames',
        'Member must have length less than or equal to 100',
        { repositoryNames: Array(101).fill('ab') },
      ],
      [
        'repositoryNames',
        'Member must satisfy constraint: [Member must have length greater than or equal to 2]',
        { repositoryNames: ['ab', 'a'] },
      ],
      [
        'repositoryNames',
        `Member must satisfy constraint: [Member must satisfy regular expression pattern: ${NAME_CONSTRAINT.slice("must satisfy regular expression '".length, -1)}]`,
        { repositoryNames: ['ab', 'a//b'] },
      ],
      ['maxResults', 'Member must have value greater than or equal to 1', { maxResults: 0 }],
      ['maxResults', 'Member must have value less than or equal to 1000', { maxResults: 1001 }],
    ])('says of %s: %s', async (member, constraint, input) => {
      await expect(describeBy(client, input)).rejects.toMatchObject(invalidParameter(member, constraint))
    })

    it.each([
      [{ maxResults: '5' }, 'STRING_VALUE can not be converted to an Integer'],
      [{ maxResults: 1.5 }, 'DECIMAL_VALUE can not be converted to an Integer'],
      [{ repositoryNames: 'ab' }, 'STRING_VALUE can not be converted to a List'],
    ])('does not read %j', async (input, message) => {
      const { status, body } = await ecr.call('DescribeRepositories', input)
      expect({ status, body }).toEqual({ status: 400, body: { __type: 'SerializationException', message } })
    })
  })

  describe('refusals', () => {
    it('refuses the whole call for one name that is not there', async () => {
      const present = await aRepository(client)
      const refused = repositoryNotFound('not-here')
      await expect(describeBy(client, { repositoryNames: [present, 'not-here'] })).rejects.toMatchObject(
        refused,
      )
    })

    it.each<[string, DescribeRepositoriesCommandInput]>([
      ['nextToken', { nextToken: 'x' }],
      ['maxResults', { maxResults: 10 }],
    ])('refuses names together with %s', async (member, page) => {
      const repositoryNames = [await aRepository(client)]
      await expect(describeBy(client, { repositoryNames, ...page })).rejects.toMatchObject(
        invalidParameter(member, 'Cannot be used with repositoryNames'),
      )
    })

    it.each<[string, DescribeRepositoriesCommandInput]>([
      ['repository/*', {}],
      ['repository/other', { repositoryNames: ['other', 'another'] }],
    ])('refuses the registry of another account: %s', async (resource, input) => {
      await expect(describeBy(client, { registryId: '111122223333', ...input })).rejects.toMatchObject(
        accessDenied('ecr:DescribeRepositories', `arn:aws:ecr:eu-west-1:111122223333:${resource}`),
      )
    })

    describe('of a token', () => {
      const refused = invalidParameter('nextToken', 'Invalid nextToken')
      let token: string
      beforeAll(async () => {
        await aRepository(client)
        await aRepository(client)
        token = String((await describeBy(client, { maxResults: 1 })).nextToken)
      })

      it.each([
        ['is empty', () => ''],
        ['was made up', () => 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
        ['was altered', () => altered(token)],
        ['was padded', () => `${token}=`],
        ['was cut', () => token.slice(0, 8)],
      ])('refuses one that %s', async (_, nextToken) => {
        await expect(describeBy(client, { nextToken: nextToken() })).rejects.toMatchObject(refused)
      })

      it.each<[string, { accessKeyId?: string; region?: string }, DescribeRepositoriesCommandInput]>([
        ['account', { accessKeyId: '123456789012' }, {}],
        ['region', { region: 'eu-west-2' }, {}],
        ['list', {}, { registryId: DEFAULT_ACCOUNT }],
      ])('refuses one of another %s', async (_, identity, input) => {
        await expect(describeBy(ecr.client(identity), { nextToken: token, ...input })).rejects.toMatchObject(
          refused,
        )
      })

      it('refuses one of another operation, and is refused there', async () => {
        const repositoryName = await aRepository(client)
        for (const imageTag of ['a', 'b']) await anImage(client, repositoryName, { imageTag })
        const { nextToken } = await client.send(new ListImagesCommand({ repositoryName, maxResults: 1 }))
        expect(nextToken).toBeTypeOf('string')
        await expect(describeBy(client, { nextToken })).rejects.toMatchObject(refused)
        await expect(
          client.send(new ListImagesCommand({ repositoryName, nextToken: token })),
        ).rejects.toMatchObject(refused)
      })
    })
  })

  describe('effects', () => {
    it('describes those that are named, each once, in the order of the request', async () => {
      const names = [await aRepository(client), await aRepository(client)]
      const [first = '', second = ''] = names
      const { repositories, nextToken } = await describeBy(client, {
        repositoryNames: [second, first, second],
      })
      expect(repositories?.map(({ repositoryName }) => repositoryName)).toEqual([second, first])
      expect(nextToken).toBeUndefined()
    })

    it('answers an empty list of an empty registry', async () => {
      const { body } = await ecr.call(
        'DescribeRepositories',
        {},
        { authorization: authorizationOf('test', 'eu-north-1') },
      )
      expect(body).toEqual({ repositories: [] })
    })

    it('names the host that the caller used', async () => {
      const repositoryName = await aRepository(client)
      for (const host of ['ecr-local:3270', 'registry.test', `127.0.0.1:${ecr.server.port}`]) {
        const { repositories } = await describeBy(calling(host), { repositoryNames: [repositoryName] })
        expect(repositories?.[0]?.repositoryUri).toBe(`${host}/${repositoryName}`)
      }
    })

    it.each(otherRegistries)('shows nothing of another %s', async (_, identity) => {
      const repositoryName = await aRepository(client)
      const stranger = ecr.client(identity)
      expect((await describeBy(stranger)).repositories).toEqual([])
      await expect(describeBy(stranger, { repositoryNames: [repositoryName] })).rejects.toMatchObject(
        repositoryNotFound(repositoryName, identity.accessKeyId),
      )
    })
  })

  describe('pagination', () => {
    it('reads to the end in the order of names, whatever order they were made in', async () => {
      const names = ['b', 'a/z', 'a-b', 'a', 'a.b', 'aa', '0', 'a/b/c', 'a_b'].map((name) => `${name}x`)
      const by = await registryOf('us-west-1', names)
      const pages: (string | undefined)[][] = []
      for await (const page of paginateDescribeRepositories({ client: by, pageSize: 4 }, {}))
        pages.push(page.repositories?.map(({ repositoryName }) => repositoryName) ?? [])
      expect(pages.map((page) => page.length)).toEqual([4, 4, 1])
      expect(pages.flat()).toEqual(names.sort())
    })

    it('ends with the page that holds the last repository, though it is full', async () => {
      const by = await registryOf('us-west-2', ['one', 'two', 'three', 'four'])
      const { nextToken } = await describeBy(by, { maxResults: 2 })
      const last = await describeBy(by, { maxResults: 2, nextToken })
      expect(last.repositories).toHaveLength(2)
      expect(last.nextToken).toBeUndefined()
    })

    it('gives a hundred when nobody says how many', async () => {
      const names = Array.from({ length: 101 }, (_, index) => aName(`n${index}`))
      const by = await registryOf('ca-central-1', names)
      const first = await describeBy(by)
      expect(first.repositories).toHaveLength(100)
      expect((await describeBy(by, { nextToken: first.nextToken })).repositories).toHaveLength(1)
      expect((await describeBy(by, { maxResults: 1000 })).repositories).toHaveLength(101)
    })

    it('goes on where it was when repositories come and go, and pages may differ in size', async () => {
      const by = await registryOf('ca-west-1', ['bb', 'dd', 'ff', 'hh'])
      const { nextToken } = await describeBy(by, { maxResults: 2 })
      for (const repositoryName of ['aa', 'ee'])
        await by.send(new CreateRepositoryCommand({ repositoryName }))
      for (const repositoryName of ['dd', 'ff'])
        await by.send(new DeleteRepositoryCommand({ repositoryName }))
      const next = await describeBy(by, { maxResults: 100, nextToken })
      expect(next.repositories?.map(({ repositoryName }) => repositoryName)).toEqual(['ee', 'hh'])
    })
  })
})
