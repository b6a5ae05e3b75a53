import { describe, expect, it } from 'vitest'
import { emulator } from '../support/emulator.ts'

const NAME_PATTERN = '[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*'
const DIGEST = `sha256:${'0'.repeat(64)}`
const UPLOAD = '00000000-0000-4000-8000-000000000000'
const ARN = 'arn:aws:ecr:eu-west-1:000000000000:repository/ab'
const MUTABILITY = 'IMMUTABLE, MUTABLE, MUTABLE_WITH_EXCLUSION, IMMUTABLE_WITH_EXCLUSION'

const inRepository = { repositoryName: 'ab' }
const many = (count: number) => Array.from({ length: count }, (_, index) => `x${index}`)

describe('an input that breaks the model', () => {
  const ecr = emulator()

  it.each<[operation: string, member: string, constraint: string, input: object]>([
    // absent
    ['CreateRepository', 'repositoryName', 'must not be null', {}],
    ['DeleteRepository', 'repositoryName', 'must not be null', {}],
    ['PutImage', 'imageManifest', 'Member must not be null', inRepository],
    ['BatchGetImage', 'imageIds', 'Member must not be null', inRepository],
    ['PutImageTagMutability', 'imageTagMutability', 'Member must not be null', inRepository],
    ['ListTagsForResource', 'resourceArn', 'Member must not be null', {}],
    [
      'TagResource',
      'tags.1.member.key',
      'Member must not be null',
      { resourceArn: ARN, tags: [{ Value: 'v' }] },
    ],
    [
      'TagResource',
      'tags.2.member.value',
      'Member must not be null',
      { resourceArn: ARN, tags: [{ Key: 'k', Value: 'v' }, { Key: 'k' }] },
    ],
    ['UntagResource', 'tagKeys.1.member', 'Member must not be null', { resourceArn: ARN, tagKeys: [null] }],
    ['GetAccountSetting', 'name', 'Member must not be null', {}],
    ['SetRepositoryPolicy', 'policyText', 'Member must not be null', inRepository],
    // lengths
    [
      'CreateRepository',
      'repositoryName',
      'must have length greater than or equal to 2',
      { repositoryName: 'a' },
    ],
    [
      'CreateRepository',
      'repositoryName',
      'must have length greater than or equal to 2',
      { repositoryName: '' },
    ],
    [
      'CreateRepository',
      'repositoryName',
      'must have length less than or equal to 256',
      { repositoryName: 'a'.repeat(257) },
    ],
    [
      'BatchGetImage',
      'imageIds',
      'Member must have length greater than or equal to 1',
      { ...inRepository, imageIds: [] },
    ],
    [
      'BatchDeleteImage',
      'imageIds',
      'Member must have length less than or equal to 100',
      { ...inRepository, imageIds: many(101).map((imageTag) => ({ imageTag })) },
    ],
    [
      'BatchCheckLayerAvailability',
      'layerDigests',
      'Member must have length greater than or equal to 1',
      { ...inRepository, layerDigests: [] },
    ],
    [
      'BatchGetImage',
      'imageIds.1.member.imageTag',
      'Member must have length greater than or equal to 1',
      { ...inRepository, imageIds: [{ imageTag: '' }] },
    ],
    [
      'PutImage',
      'imageManifest',
      'Member must have length greater than or equal to 1',
      { ...inRepository, imageManifest: '' },
    ],
    [
      'PutLifecyclePolicy',
      'lifecyclePolicyText',
      'Member must have length greater than or equal to 100',
      { ...inRepository, lifecyclePolicyText: '{}' },
    ],
    [
      'UploadLayerPart',
      'layerPartBlob',
      'Member must have length less than or equal to 20971520',
      {
        ...inRepository,
        uploadId: UPLOAD,
        partFirstByte: 0,
        partLastByte: 0,
        layerPartBlob: Buffer.alloc(20_971_521).toString('base64'),
      },
    ],
    // patterns
    [
      'CreateRepository',
      'repositoryName',
      `must satisfy regular expression '${NAME_PATTERN}'`,
      { repositoryName: 'Upper' },
    ],
    [
      'CreateRepository',
      'repositoryName',
      `must satisfy regular expression '${NAME_PATTERN}'`,
      { repositoryName: 'line\n' },
    ],
    [
      'ListImages',
      'repositoryName',
      `must satisfy regular expression '${NAME_PATTERN}'`,
      { repositoryName: 'a..b' },
    ],
    [
      'DescribeImages',
      'registryId',
      'Member must satisfy regular expression pattern: [0-9]{12}',
      { ...inRepository, registryId: '12345' },
    ],
    [
      'GetAuthorizationToken',
      'registryIds',
      'Member must satisfy constraint: [Member must satisfy regular expression pattern: [0-9]{12}]',
      { registryIds: ['x'] },
    ],
    [
      'GetDownloadUrlForLayer',
      'layerDigest',
      'Member must satisfy regular expression pattern: [a-zA-Z0-9-_+.]+:[a-fA-F0-9]+',
      { ...inRepository, layerDigest: 'sha256' },
    ],
    [
      'CompleteLayerUpload',
      'uploadId',
      'Member must satisfy regular expression pattern: [0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}',
      { ...inRepository, uploadId: 'x', layerDigests: [DIGEST] },
    ],
    // enums
    [
      'CreateRepository',
      'imageTagMutability',
      `Member must satisfy enum value set: [${MUTABILITY}]`,
      { ...inRepository, imageTagMutability: 'mutable' },
    ],
    [
      'PutImageTagMutability',
      'imageTagMutability',
      `Member must satisfy enum value set: [${MUTABILITY}]`,
      { ...inRepository, imageTagMutability: '' },
    ],
    [
      'CreateRepositoryCreationTemplate',
      'appliedFor',
      'Member must satisfy enum value set: [REPLICATION, PULL_THROUGH_CACHE, CREATE_ON_PUSH]',
      { prefix: 'ab', appliedFor: ['PUSH'] },
    ],
    // numbers
    [
      'DescribeRepositories',
      'maxResults',
      'Member must have value greater than or equal to 1',
      { maxResults: 0 },
    ],
    [
      'DescribeRepositories',
      'maxResults',
      'Member must have value less than or equal to 1000',
      { maxResults: 1001 },
    ],
    [
      'ListImageReferrers',
      'maxResults',
      'Member must have value less than or equal to 50',
      { ...inRepository, subjectId: { imageDigest: DIGEST }, maxResults: 51 },
    ],
    [
      'UploadLayerPart',
      'partFirstByte',
      'Member must have value greater than or equal to 0',
      { ...inRepository, uploadId: UPLOAD, partFirstByte: -1, partLastByte: 0, layerPartBlob: 'QQ==' },
    ],
    // the first of several
    [
      'CreateRepository',
      'registryId',
      'Member must satisfy regular expression pattern: [0-9]{12}',
      { registryId: 'x', repositoryName: 'A', imageTagMutability: 'x' },
    ],
    [
      'CreateRepository',
      'repositoryName',
      'must have length greater than or equal to 2',
      { repositoryName: 'A' },
    ],
  ])('of %s is refused in the words of ECR: %s %s', async (operation, member, constraint, input) => {
    const { status, body } = await ecr.call(operation, input)
    expect(body).toEqual({
      __type: 'InvalidParameterException',
      message: `Invalid parameter at '${member}' failed to satisfy constraint: '${constraint}'`,
    })
    expect(status).toBe(400)
  })

  it('is refused for its length where a pattern would exhaust the stack', async () => {
    const { status, body } = await ecr.call('CreateRepository', { repositoryName: 'a-'.repeat(10_000_000) })
    expect([status, body.message]).toEqual([
      400,
      "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must have length less than or equal to 256'",
    ])
  })

  it('is refused for its types first, wherever they stand', async () => {
    const { body } = await ecr.call('CreateRepository', { repositoryName: 'A', tags: 'none' })
    expect(body).toEqual({
      __type: 'SerializationException',
      message: 'STRING_VALUE can not be converted to a List',
    })
  })

  it('is refused before it is known whether the operation is served', async () => {
    expect((await ecr.call('StartImageScan', {})).body.__type).toBe('InvalidParameterException')
  })
})
