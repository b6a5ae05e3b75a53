import {
  CreateRepositoryCommand,
  type CreateRepositoryCommandInput,
  DeleteRepositoryCommand,
  DescribeRepositoriesCommand,
  type ECRClient,
  ListTagsForResourceCommand,
} from '@aws-sdk/client-ecr'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { aName, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import {
  accessDenied,
  DEFAULT_ACCOUNT,
  invalidParameter,
  invalidRepositoryMembers,
  NAME_CONSTRAINT,
  refusal,
} from '../support/refusals.ts'

const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab'
const KEY_ARN = `arn:aws:kms:eu-west-1:${DEFAULT_ACCOUNT}:key/${KEY_ID}`
const UUID_KEY_ARN = /^arn:aws:kms:eu-west-1:000000000000:key\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

describe('CreateRepository', () => {
  const ecr = emulator()
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const create = (settings: object = {}, by = client) => {
    const input = { repositoryName: aName(), ...settings } as CreateRepositoryCommandInput
    return by.send(new CreateRepositoryCommand(input))
  }

  describe('validation', () => {
    const filters = 'imageTagMutabilityExclusionFilters'
    const filter = (value: unknown) => ({
      imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
      [filters]: [{ filterType: 'WILDCARD', filter: 'ok' }, value],
    })
    const encryption = (encryptionConfiguration: object) => ({ encryptionConfiguration })

    it.each([
      ...invalidRepositoryMembers,
      [
        'imageTagMutability',
        'Member must satisfy enum value set: [IMMUTABLE, MUTABLE, MUTABLE_WITH_EXCLUSION, IMMUTABLE_WITH_EXCLUSION]',
        { imageTagMutability: 'SOMETIMES' },
      ],
      [filters, 'Member must have length greater than or equal to 1', { [filters]: [] }],
      [
        filters,
        'Member must have length less than or equal to 5',
        { [filters]: Array(6).fill({ filterType: 'WILDCARD', filter: 'v*' }) },
      ],
      [
        `${filters}.2.member.filterType`,
        'Member must satisfy enum value set: [WILDCARD]',
        filter({ filterType: 'REGEX', filter: 'a' }),
      ],
      [
        `${filters}.2.member.filter`,
        'Member must have length greater than or equal to 1',
        filter({ filterType: 'WILDCARD', filter: '' }),
      ],
      [
        `${filters}.2.member.filter`,
        'Member must have length less than or equal to 128',
        filter({ filterType: 'WILDCARD', filter: 'v'.repeat(129) }),
      ],
      [
        `${filters}.2.member.filter`,
        'Member must satisfy regular expression pattern: ^[0-9a-zA-Z._*-]{1,128}$',
        filter({ filterType: 'WILDCARD', filter: 'a/b' }),
      ],
      [
        `${filters}.2.member.filter`,
        'Filter must contain at most 2 wildcards (*)',
        filter({ filterType: 'WILDCARD', filter: '*-*-*' }),
      ],
      ['encryptionConfiguration.encryptionType', 'Member must not be null', encryption({})],
      [
        'encryptionConfiguration.encryptionType',
        'Member must satisfy enum value set: [AES256, KMS, KMS_DSSE]',
        encryption({ encryptionType: 'ROT13' }),
      ],
      [
        'encryptionConfiguration.kmsKey',
        'Member must have length greater than or equal to 1',
        encryption({ encryptionType: 'KMS', kmsKey: '' }),
      ],
      [
        'encryptionConfiguration.kmsKey',
        'Member must have length less than or equal to 2048',
        encryption({ encryptionType: 'KMS', kmsKey: 'k'.repeat(2049) }),
      ],
      ['tags.2.member.key', 'Member must not be null', { tags: [{ Key: 'a', Value: 'b' }, { Value: 'c' }] }],
      ['tags.1.member.value', 'Member must not be null', { tags: [{ Key: 'a' }] }],
    ])('says of %s: %s', async (member, constraint, input) => {
      await expect(create(input)).rejects.toMatchObject(invalidParameter(member, constraint))
    })

    it.each(['a//b', '/ab', 'ab/', 'a..b', 'a___b', 'a._b', '-ab', 'ab-', 'a b', 'ä-b', 'ab\n', 'ab:1'])(
      'refuses the name %j',
      async (repositoryName) => {
        const refused = invalidParameter('repositoryName', NAME_CONSTRAINT)
        await expect(create({ repositoryName })).rejects.toMatchObject(refused)
      },
    )

    it.each([
      ['MUTABLE_WITH_EXCLUSION', undefined, "can't be null when imageTagMutability is set as"],
      ['IMMUTABLE_WITH_EXCLUSION', undefined, "can't be null when imageTagMutability is set as"],
      ['MUTABLE', 'v*', 'are not allowed when imageTagMutability is set to'],
      ['IMMUTABLE', 'v*', 'are not allowed when imageTagMutability is set to'],
    ])('refuses %s with the exclusion filter %s', async (imageTagMutability, filter, why) => {
      const imageTagMutabilityExclusionFilters = filter && [{ filterType: 'WILDCARD', filter }]
      await expect(create({ imageTagMutability, imageTagMutabilityExclusionFilters })).rejects.toMatchObject(
        invalidParameter(filters, `ImageTagMutabilityExclusionFilters ${why} ${imageTagMutability}`),
      )
    })

    it('takes the default MUTABLE at its word when only filters are given', async () => {
      const why =
        'ImageTagMutabilityExclusionFilters are not allowed when imageTagMutability is set to MUTABLE'
      const input = { [filters]: [{ filterType: 'WILDCARD', filter: 'v*' }] }
      await expect(create(input)).rejects.toMatchObject(invalidParameter(filters, why))
    })

    it.each([
      [
        { encryptionType: 'AES256', kmsKey: KEY_ARN },
        'Encryption key should not be set for AES256 encryption.',
      ],
      [{ encryptionType: 'KMS_DSSE' }, 'Encryption type KMS_DSSE is not supported in this region.'],
    ])('refuses the encryption %j', async (encryptionConfiguration, why) => {
      await expect(create({ encryptionConfiguration })).rejects.toMatchObject(
        invalidParameter('encryptionConfiguration', `Invalid encryption configuration: ${why}`),
      )
    })

    it.each([
      [{ repositoryName: 7 }, 'NUMBER_VALUE can not be converted to a String'],
      [{ repositoryName: ['ab'] }, 'START_ARRAY can not be converted to a String'],
      [{ tags: 'none' }, 'STRING_VALUE can not be converted to a List'],
      [
        { imageScanningConfiguration: { scanOnPush: 'yes' } },
        'STRING_VALUE can not be converted to a Boolean',
      ],
    ])('does not read %j', async (input, message) => {
      const { status, body } = await ecr.call('CreateRepository', { repositoryName: aName(), ...input })
      expect({ status, body }).toEqual({ status: 400, body: { __type: 'SerializationException', message } })
    })
  })

  describe('refusals', () => {
    it('refuses a name that is taken, with the same settings too', async () => {
      const repositoryName = await aRepository(client)
      const message = `The repository with name '${repositoryName}' already exists in the registry with id '${DEFAULT_ACCOUNT}'`
      await expect(create({ repositoryName })).rejects.toMatchObject(
        refusal('RepositoryAlreadyExistsException', message),
      )
    })

    it('lets one of many that ask for the same name at once have it', async () => {
      const repositoryName = aName()
      const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => create({ repositoryName })))
      const names = outcomes.map((outcome) =>
        outcome.status === 'rejected' ? outcome.reason.name : 'created',
      )
      expect(names.sort()).toEqual([...Array(7).fill('RepositoryAlreadyExistsException'), 'created'])
    })

    it.each([
      ['an empty key', [{ Key: '', Value: 'v' }]],
      ['a key of 129 characters', [{ Key: 'k'.repeat(129), Value: 'v' }]],
      ['a value of 257 characters', [{ Key: 'k', Value: 'v'.repeat(257) }]],
      ['a key of AWS', [{ Key: 'aws:stack', Value: 'v' }]],
      ['a character that no tag may have', [{ Key: 'k', Value: 'a,b' }]],
      ['the same key twice', ['1', '2'].map((Value) => ({ Key: 'k', Value }))],
    ])('refuses %s', async (_, tags) => {
      const refused = refusal('InvalidTagParameterException', 'Tag parameters are invalid')
      await expect(create({ tags })).rejects.toMatchObject(refused)
    })

    it('refuses more than fifty tags', async () => {
      const tags = Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: '' }))
      const message = 'The maximum number of 50 tags per repository has been exceeded'
      await expect(create({ tags })).rejects.toMatchObject(refusal('TooManyTagsException', message))
    })

    it.each([
      [`arn:aws:kms:us-east-1:${DEFAULT_ACCOUNT}:key/${KEY_ID}`, 'Invalid arn us-east-1'],
      [`arn:aws:kms:us-east-1:${DEFAULT_ACCOUNT}:alias/mine`, 'Invalid arn us-east-1'],
      ['no such key', "Invalid keyId 'no such key'"],
      ['arn:aws:s3:::bucket', "Invalid keyId 'arn:aws:s3:::bucket'"],
    ])('refuses the key %s', async (kmsKey, message) => {
      const encryptionConfiguration = { encryptionType: 'KMS', kmsKey }
      await expect(create({ encryptionConfiguration })).rejects.toMatchObject({
        ...refusal('KmsException', message),
        kmsError: 'com.amazonaws.kms.model.NotFoundException',
      })
    })

    it('refuses to create in the registry of another account', async () => {
      const repositoryName = aName()
      const resource = `arn:aws:ecr:eu-west-1:111122223333:repository/${repositoryName}`
      await expect(create({ repositoryName, registryId: '111122223333' })).rejects.toMatchObject(
        accessDenied('ecr:CreateRepository', resource),
      )
    })

    it('leaves nothing behind when it refuses', async () => {
      const repositoryName = aName()
      await expect(create({ repositoryName, tags: [{ Key: '', Value: '' }] })).rejects.toThrow()
      const created = await create({ repositoryName })
      expect(created.repository?.repositoryName).toBe(repositoryName)
    })
  })

  describe('effects', () => {
    it('answers the repository with all defaults, as it stays to be seen', async () => {
      vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-25T10:00:00.123Z') })
      const repositoryName = aName('team/app')
      const { repository } = await create({ repositoryName })
      expect(repository).toEqual({
        repositoryArn: `arn:aws:ecr:eu-west-1:${DEFAULT_ACCOUNT}:repository/${repositoryName}`,
        registryId: DEFAULT_ACCOUNT,
        repositoryName,
        repositoryUri: `${ecr.server.registry}/${repositoryName}`,
        createdAt: new Date('2026-11-25T10:00:00.123Z'),
        imageTagMutability: 'MUTABLE',
        imageScanningConfiguration: { scanOnPush: false },
        encryptionConfiguration: { encryptionType: 'AES256' },
      })
      const described = await client.send(
        new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] }),
      )
      expect(described.repositories).toEqual([repository])
    })

    it('writes its answer as ECR does: keys in order, epoch seconds, nothing that is absent', async () => {
      vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_250 })
      const { headers, body } = await ecr.call('CreateRepository', { repositoryName: 'on-the-wire' })
      expect(headers.get('content-type')).toBe('application/x-amz-json-1.1')
      expect(JSON.stringify(body)).toBe(
        `{"repository":{"createdAt":1700000000.25,"encryptionConfiguration":{"encryptionType":"AES256"},"imageScanningConfiguration":{"scanOnPush":false},"imageTagMutability":"MUTABLE","registryId":"${DEFAULT_ACCOUNT}","repositoryArn":"arn:aws:ecr:eu-west-1:${DEFAULT_ACCOUNT}:repository/on-the-wire","repositoryName":"on-the-wire","repositoryUri":"${ecr.server.registry}/on-the-wire"}}`,
      )
    })

    it('keeps every setting', async () => {
      const settings = {
        imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
        imageTagMutabilityExclusionFilters: ['latest', 'dev-*-*'].map((filter) => ({
          filterType: 'WILDCARD',
          filter,
        })),
        imageScanningConfiguration: { scanOnPush: true },
        encryptionConfiguration: { encryptionType: 'KMS', kmsKey: KEY_ARN },
      }
      const { repository } = await create(settings)
      expect(repository).toMatchObject(settings)
    })

    it('takes null, and members that it does not know, for absent', async () => {
      const input = {
        repositoryName: aName(),
        registryId: null,
        tags: null,
        imageTagMutability: null,
        unknown: 1,
      }
      const { status, body } = await ecr.call('CreateRepository', input)
      expect(status).toBe(200)
      expect(body.repository.imageTagMutability).toBe('MUTABLE')
    })

    it.each([
      'ab',
      '00',
      'a.b',
      'a_b',
      'a__b',
      'a-b',
      'a-----b',
      'a/b/c/d/e',
      '0a/1_b.c__d--e/2',
      'team/blobs/uploads',
      'v2/tags/list',
      'a'.repeat(256),
    ])('creates %s', async (repositoryName) => {
      const { repository } = await create({ repositoryName })
      expect(repository).toMatchObject({
        repositoryName,
        repositoryUri: `${ecr.server.registry}/${repositoryName}`,
      })
    })

    it.each([
      [{ encryptionType: 'KMS', kmsKey: KEY_ARN }, KEY_ARN],
      [{ encryptionType: 'KMS', kmsKey: KEY_ID }, KEY_ARN],
      [{ encryptionType: 'KMS', kmsKey: 'alias/mine' }, UUID_KEY_ARN],
      [
        { encryptionType: 'KMS', kmsKey: `arn:aws:kms:eu-west-1:${DEFAULT_ACCOUNT}:alias/mine` },
        UUID_KEY_ARN,
      ],
      [{ encryptionType: 'KMS' }, UUID_KEY_ARN],
    ])('answers the full ARN of the key in %j', async (encryptionConfiguration, kmsKey) => {
      const { repository } = await create({ encryptionConfiguration })
      expect(repository?.encryptionConfiguration).toEqual({
        encryptionType: 'KMS',
        kmsKey: typeof kmsKey === 'string' ? kmsKey : expect.stringMatching(kmsKey),
      })
    })

    it('offers KMS_DSSE in GovCloud', async () => {
      const encryptionConfiguration = { encryptionType: 'KMS_DSSE' }
      const { repository } = await create(
        { encryptionConfiguration },
        ecr.client({ region: 'us-gov-west-1' }),
      )
      expect(repository?.encryptionConfiguration).toEqual({
        encryptionType: 'KMS_DSSE',
        kmsKey: expect.stringMatching(/^arn:aws-us-gov:kms:us-gov-west-1:000000000000:key\//),
      })
    })

    it('sets tags, fifty too', async () => {
      const tags = Array.from({ length: 50 }, (_, index) => ({ Key: `key ${index}`, Value: 'ä+-=._:/@' }))
      const { repository } = await create({ tags })
      const listed = await client.send(
        new ListTagsForResourceCommand({ resourceArn: repository?.repositoryArn }),
      )
      expect(listed.tags).toHaveLength(50)
      expect(listed.tags).toContainEqual({ Key: 'key 49', Value: 'ä+-=._:/@' })
    })

    it.each([
      ['another account', { accessKeyId: '123456789012' }, '123456789012', 'arn:aws:ecr:eu-west-1'],
      ['another region', { region: 'ap-south-2' }, DEFAULT_ACCOUNT, 'arn:aws:ecr:ap-south-2'],
      ['China', { region: 'cn-north-1' }, DEFAULT_ACCOUNT, 'arn:aws-cn:ecr:cn-north-1'],
    ])('knows nothing of a repository of the same name in %s', async (_, identity, registryId, arn) => {
      const repositoryName = await aRepository(client)
      const { repository } = await create({ repositoryName }, ecr.client(identity))
      expect(repository).toMatchObject({
        registryId,
        repositoryArn: `${arn}:${registryId}:repository/${repositoryName}`,
      })
    })

    it("takes the caller's own account for registryId", async () => {
      const { repository } = await create({ registryId: DEFAULT_ACCOUNT })
      expect(repository?.registryId).toBe(DEFAULT_ACCOUNT)
    })
  })
})

describe('CreateRepository with a quota of two', () => {
  const ecr = emulator({ quotas: { repositoriesPerRegistry: 2 } })

  it('refuses the third repository of a registry until one goes, and in no other registry', async () => {
    const client = ecr.client()
    const first = await aRepository(client)
    await aRepository(client)
    const message =
      'The operation did not succeed because it would have exceeded the service quota of 2 for repositories per registry.'
    await expect(aRepository(client)).rejects.toMatchObject(refusal('LimitExceededException', message))

    await client.send(new DeleteRepositoryCommand({ repositoryName: first }))
    for (const by of [client, ecr.client({ region: 'us-east-2' })])
      await expect(aRepository(by)).resolves.toMatch(/^repository-/)
  })
})

describe('CreateRepository with --registry-host', () => {
  const ecr = emulator({ registryHost: '{account}.dkr.ecr.{region}.localhost:{port}' })

  it("answers a URI by the template, with the registry's account and region", async () => {
    const client = ecr.client({ accessKeyId: '123456789012', region: 'ap-south-2' })
    const { repository } = await client.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
    expect(repository?.repositoryUri).toBe(
      `123456789012.dkr.ecr.ap-south-2.localhost:${ecr.server.port}/team/app`,
    )
  })
})
