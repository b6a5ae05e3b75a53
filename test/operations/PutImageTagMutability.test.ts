import { randomUUID } from 'node:crypto'
import {
  BatchDeleteImageCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  type ECRClient,
  PutImageCommand,
  PutImageTagMutabilityCommand,
  type PutImageTagMutabilityCommandInput,
} from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it } from 'vitest'
import type { TagMutability } from '../../src/rules/tag-mutability.ts'
import { anImage, aRepository, manifestText, type StoredManifest } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import {
  accessDenied,
  DEFAULT_ACCOUNT,
  invalidParameter,
  invalidRepositoryMembers,
  otherRegistries,
  refusal,
  repositoryNotFound,
} from '../support/refusals.ts'
import { registryClient } from '../support/registry.ts'

const FILTERS = 'imageTagMutabilityExclusionFilters'
const wildcard = (filter: string) => ({ filterType: 'WILDCARD', filter })

describe('PutImageTagMutability', () => {
  const ecr = emulator()
  const registry = registryClient(ecr)
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })

  const put = (input: object, by = client) =>
    by.send(new PutImageTagMutabilityCommand(input as PutImageTagMutabilityCommandInput))
  const choose = (repositoryName: string, imageTagMutability: TagMutability, ...filters: string[]) =>
    put({
      repositoryName,
      imageTagMutability,
      ...(filters.length > 0 && { [FILTERS]: filters.map(wildcard) }),
    })

  /** What immutable tags are refused with, at the AWS door and at the registry's. */
  const immutable = (repositoryName: string, tag: string) =>
    refusal(
      'ImageTagAlreadyExistsException',
      `The image tag '${tag}' already exists in the '${repositoryName}' repository and cannot be overwritten because the tag is immutable.`,
    )

  /** Another manifest over the same layers. */
  const variantOf = ({ config, layers }: StoredManifest) =>
    manifestText(config, layers, { annotations: { variant: randomUUID() } })

  /** Pushes over a tag at each door and tells whether that was let through. */
  const doors = {
    async PutImage(repositoryName: string, image: StoredManifest, imageTag: string): Promise<boolean> {
      const pushed = client.send(
        new PutImageCommand({ repositoryName, imageTag, imageManifest: variantOf(image) }),
      )
      return pushed.then(
        () => true,
        (error: unknown) => {
          expect(error).toMatchObject(immutable(repositoryName, imageTag))
          return false
        },
      )
    },
    async 'PUT /v2/'(repositoryName: string, image: StoredManifest, tag: string): Promise<boolean> {
      const response = await registry.putManifest(repositoryName, tag, variantOf(image))
      if (response.status === 201) return true
      expect(response.status).toBe(400)
      const { message } = immutable(repositoryName, tag)
      expect(await response.json()).toEqual({ errors: [{ code: 'TAG_INVALID', message }] })
      return false
    },
  }
  const doorNames = Object.keys(doors) as (keyof typeof doors)[]

  describe('validation', () => {
    it.each([
      ...invalidRepositoryMembers,
      ['imageTagMutability', 'Member must not be null', { imageTagMutability: undefined }],
      [
        'imageTagMutability',
        'Member must satisfy enum value set: [IMMUTABLE, MUTABLE, MUTABLE_WITH_EXCLUSION, IMMUTABLE_WITH_EXCLUSION]',
        { imageTagMutability: 'immutable' },
      ],
      [FILTERS, 'Member must have length greater than or equal to 1', { [FILTERS]: [] }],
      [
        FILTERS,
        'Member must have length less than or equal to 5',
        { [FILTERS]: ['1', '2', '3', '4', '5', '6'].map(wildcard) },
      ],
      [`${FILTERS}.1.member.filterType`, 'Member must not be null', { [FILTERS]: [{ filter: 'v*' }] }],
      [`${FILTERS}.1.member.filter`, 'Member must not be null', { [FILTERS]: [{ filterType: 'WILDCARD' }] }],
      [
        `${FILTERS}.1.member.filter`,
        'Member must satisfy regular expression pattern: ^[0-9a-zA-Z._*-]{1,128}$',
        { [FILTERS]: [wildcard('v?')] },
      ],
    ])('says of %s: %s', async (member, constraint, input) => {
      const valid = { repositoryName: 'abc', imageTagMutability: 'MUTABLE' }
      await expect(put({ ...valid, ...input })).rejects.toMatchObject(invalidParameter(member, constraint))
    })

    it.each([
      ['MUTABLE_WITH_EXCLUSION', [], "can't be null when imageTagMutability is set as"],
      ['IMMUTABLE_WITH_EXCLUSION', [], "can't be null when imageTagMutability is set as"],
      ['MUTABLE', ['v*'], 'are not allowed when imageTagMutability is set to'],
      ['IMMUTABLE', ['v*'], 'are not allowed when imageTagMutability is set to'],
    ] as const)('refuses %s with the filters %j', async (mutability, filters, why) => {
      const repositoryName = await aRepository(client)
      const constraint = `ImageTagMutabilityExclusionFilters ${why} ${mutability}`
      await expect(choose(repositoryName, mutability, ...filters)).rejects.toMatchObject(
        invalidParameter(FILTERS, constraint),
      )
    })

    it('refuses a filter of three wildcards', async () => {
      const repositoryName = await aRepository(client)
      const refused = invalidParameter(
        `${FILTERS}.2.member.filter`,
        'Filter must contain at most 2 wildcards (*)',
      )
      await expect(choose(repositoryName, 'IMMUTABLE_WITH_EXCLUSION', '*a*', '*.*.*')).rejects.toMatchObject(
        refused,
      )
    })
  })

  describe('refusals', () => {
    it('refuses a repository that is not there', async () => {
      await expect(choose('not-here', 'IMMUTABLE')).rejects.toMatchObject(repositoryNotFound('not-here'))
    })

    it('refuses a repository of another account', async () => {
      const input = { registryId: '111122223333', repositoryName: 'theirs', imageTagMutability: 'MUTABLE' }
      await expect(put(input)).rejects.toMatchObject(
        accessDenied('ecr:PutImageTagMutability', 'arn:aws:ecr:eu-west-1:111122223333:repository/theirs'),
      )
    })

    it.each(otherRegistries)('does not reach the repository of another %s', async (_, identity) => {
      const repositoryName = await aRepository(client)
      await expect(
        put({ repositoryName, imageTagMutability: 'IMMUTABLE' }, ecr.client(identity)),
      ).rejects.toMatchObject(repositoryNotFound(repositoryName, identity.accessKeyId))
    })
  })

  describe('effects', () => {
    it.each([
      ['MUTABLE', []],
      ['IMMUTABLE', []],
      ['MUTABLE_WITH_EXCLUSION', ['v*.*', 'stable']],
      ['IMMUTABLE_WITH_EXCLUSION', ['1', '2', '3', '4', '5']],
    ] as const)('answers %s with its filters, and it stays to be seen', async (mutability, filters) => {
      const repositoryName = await aRepository(client)
      const { $metadata, ...answer } = await choose(repositoryName, mutability, ...filters)
      const setting = {
        imageTagMutability: mutability,
        ...(filters.length > 0 && { [FILTERS]: filters.map(wildcard) }),
      }
      expect(answer).toEqual({ registryId: DEFAULT_ACCOUNT, repositoryName, ...setting })
      const { repositories } = await client.send(
        new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] }),
      )
      expect(repositories).toEqual([expect.objectContaining(setting)])
    })

    it('forgets the filters when the mode takes none', async () => {
      const repositoryName = await aRepository(client)
      await choose(repositoryName, 'IMMUTABLE_WITH_EXCLUSION', 'dev-*')
      await choose(repositoryName, 'IMMUTABLE')
      const { repositories } = await client.send(
        new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] }),
      )
      expect(repositories?.[0]).not.toHaveProperty(FILTERS)
    })

    describe.each(doorNames)('at the door of %s', (door) => {
      it.each([
        ['MUTABLE', [], ['v1', 'dev', 'dev-1', 'dev-1-rc']],
        ['IMMUTABLE', [], []],
        ['MUTABLE_WITH_EXCLUSION', ['dev-*'], ['v1', 'dev']],
        ['IMMUTABLE_WITH_EXCLUSION', ['dev-*'], ['dev-1', 'dev-1-rc']],
        ['IMMUTABLE_WITH_EXCLUSION', ['dev-*-rc', 'v1'], ['v1', 'dev-1-rc']],
        ['MUTABLE_WITH_EXCLUSION', ['*'], []],
        ['IMMUTABLE_WITH_EXCLUSION', ['ev', 'DEV', 'v'], []],
      ] as const)('%s with the filters %j lets %j be pushed over', async (mutability, filters, mutable) => {
        const repositoryName = await aRepository(client)
        const image = await anImage(client, repositoryName)
        const tags = ['v1', 'dev', 'dev-1', 'dev-1-rc']
        for (const tag of tags) await registry.putManifest(repositoryName, tag, image.text)
        await choose(repositoryName, mutability, ...filters)

        const through: string[] = []
        for (const tag of tags) if (await doors[door](repositoryName, image, tag)) through.push(tag)
        expect(through).toEqual(mutable)

        const { imageDetails } = await client.send(
          new DescribeImagesCommand({ repositoryName, imageIds: [{ imageDigest: image.digest }] }),
        )
        const kept = tags.filter((tag) => !through.includes(tag))
        expect(imageDetails?.[0]?.imageTags ?? []).toEqual(expect.arrayContaining(kept))
        expect(imageDetails?.[0]?.imageTags ?? []).toHaveLength(kept.length)
      })

      it('lets new tags of an immutable repository through, once', async () => {
        const repositoryName = await aRepository(client, { imageTagMutability: 'IMMUTABLE' })
        const image = await anImage(client, repositoryName, { imageTag: 'v1' })
        expect(await doors[door](repositoryName, image, 'v2')).toBe(true)
        expect(await doors[door](repositoryName, image, 'v2')).toBe(false)
      })

      it('lets a tag be pushed again after it was deleted', async () => {
        const repositoryName = await aRepository(client, { imageTagMutability: 'IMMUTABLE' })
        await anImage(client, repositoryName, { imageTag: 'v1' })
        const image = await anImage(client, repositoryName)
        await client.send(new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageTag: 'v1' }] }))
        expect(await doors[door](repositoryName, image, 'v1')).toBe(true)
      })
    })
  })
})
