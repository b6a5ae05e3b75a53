import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  amazonHostOf,
  isAmazonHost,
  parseRegistryHost,
  parseRepositoryArn,
  partitionOf,
  registryKey,
  repositoryArn,
} from '../../src/rules/registry.ts'

const registry = fc.record({
  accountId: fc.stringMatching(/^[0-9]{12}$/),
  region: fc.constantFrom('eu-west-1', 'us-east-1', 'cn-north-1', 'us-gov-west-1', 'eusc-de-east-1'),
})

describe('partitionOf', () => {
  it.each([
    ['eu-west-1', 'aws'],
    ['ap-southeast-7', 'aws'],
    ['us-east-1', 'aws'],
    ['cn-northwest-1', 'aws-cn'],
    ['us-gov-east-1', 'aws-us-gov'],
    ['eusc-de-east-1', 'aws-eusc'],
    ['us-iso-east-1', 'aws-iso'],
    ['us-isob-east-1', 'aws-iso-b'],
    ['eu-isoe-west-1', 'aws-iso-e'],
    ['us-isof-south-1', 'aws-iso-f'],
  ])('%s is of %s', (region, partition) => {
    expect(partitionOf(region)).toBe(partition)
  })
})

describe('repository ARNs', () => {
  it('name the repository', () => {
    const arn = repositoryArn({ accountId: '123456789012', region: 'cn-north-1' }, 'team/app')
    expect(arn).toBe('arn:aws-cn:ecr:cn-north-1:123456789012:repository/team/app')
  })

  it('are read back as what they were made of', () => {
    fc.assert(
      fc.property(registry, fc.constantFrom('ab', 'team/app', 'a__b'), (of, repositoryName) => {
        expect(parseRepositoryArn(repositoryArn(of, repositoryName))).toEqual({ ...of, repositoryName })
      }),
    )
  })

  it.each([
    '',
    'team/app',
    'arn:aws:ecr:eu-west-1:123456789012:repository/',
    'arn:aws:ecr:eu-west-1:123456789012:repository/team\napp',
    'arn:aws:ecr:eu-west-1:1234:repository/team',
    'arn:aws:ecr::123456789012:repository/team',
    'arn:aws:ecr-public:eu-west-1:123456789012:repository/team',
    'arn:aws:ecr:eu-west-1:123456789012:registry/team',
    'arn:aws-cn:ecr:eu-west-1:123456789012:repository/team',
    'arn:aws:ecr:cn-north-1:123456789012:repository/team',
    ' arn:aws:ecr:eu-west-1:123456789012:repository/team',
  ])('%j is none', (arn) => {
    expect(parseRepositoryArn(arn)).toBeUndefined()
  })
})

describe('registryKey', () => {
  it('is equal for equal registries only', () => {
    fc.assert(
      fc.property(registry, registry, (a, b) => {
        const same = a.accountId === b.accountId && a.region === b.region
        expect(registryKey(a) === registryKey(b)).toBe(same)
        expect(registryKey({ ...a })).toBe(registryKey(a))
      }),
    )
  })
})

describe('the host of a registry at Amazon', () => {
  it.each([
    ['eu-west-1', 'amazonaws.com'],
    ['us-gov-west-1', 'amazonaws.com'],
    ['cn-north-1', 'amazonaws.com.cn'],
    ['eusc-de-east-1', 'amazonaws.eu'],
    ['us-isob-east-1', 'sc2s.sgov.gov'],
  ])('in %s is below %s', (region, domain) => {
    const host = amazonHostOf({ accountId: '123456789012', region })
    expect(host).toBe(`123456789012.dkr.ecr.${region}.${domain}`)
    expect(isAmazonHost(host)).toBe(true)
  })

  it('is told from others', () => {
    expect(isAmazonHost('123456789012.dkr-ecr.eu-west-1.on.aws')).toBe(true)
    for (const domain of [
      'localhost',
      'evil.example',
      'amazonaws.com.evil.example',
      'evilamazonaws.com',
      'amazonaws.com:1',
    ])
      expect(isAmazonHost(`123456789012.dkr.ecr.eu-west-1.${domain}`)).toBe(false)
    expect(isAmazonHost('api.ecr.eu-west-1.amazonaws.com')).toBe(false)
  })
})

describe('parseRegistryHost', () => {
  it.each([
    '123456789012.dkr.ecr.eu-west-1.amazonaws.com',
    '123456789012.dkr.ecr.eu-west-1.localhost:3270',
    'http://123456789012.dkr.ecr.eu-west-1.localhost:3270',
    'https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/',
    '123456789012.dkr.ecr-fips.eu-west-1.amazonaws.com',
    '123456789012.dkr-ecr.eu-west-1.on.aws',
    '123456789012.dkr-ecr-fips.eu-west-1.on.aws',
    '123456789012.dkr.ecr.eu-west-1.amazonaws.com.cn',
    '123456789012.DKR.ECR.EU-West-1.AmazonAWS.com',
  ])('%s names a registry', (host) => {
    expect(parseRegistryHost(host)).toEqual({ accountId: '123456789012', region: 'eu-west-1' })
  })

  it.each([
    '',
    'localhost:3270',
    'api.ecr.eu-west-1.amazonaws.com',
    '12345678901.dkr.ecr.eu-west-1.amazonaws.com',
    'x123456789012.dkr.ecr.eu-west-1.amazonaws.com',
    '123456789012.dkr.ecr.eu-west-1',
    '123456789012.dkr.ecr..amazonaws.com',
    'evil.test/123456789012.dkr.ecr.eu-west-1.amazonaws.com',
  ])('%j names none', (host) => {
    expect(parseRegistryHost(host)).toBeUndefined()
  })
})
