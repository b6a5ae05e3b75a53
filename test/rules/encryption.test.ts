import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { resolveEncryption } from '../../src/rules/encryption.ts'

const HERE = { accountId: '123456789012', region: 'eu-west-1' }
const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab'
const MULTI_REGION_ID = `mrk-${'0123456789abcdef'.repeat(2)}`
const keyArn = (id: string, account = HERE.accountId) => `arn:aws:kms:eu-west-1:${account}:key/${id}`

function keyOf(kmsKey: string | undefined, registry = HERE): string {
  const resolved = resolveEncryption(registry, 'KMS', kmsKey)
  if ('kind' in resolved) throw new Error(JSON.stringify(resolved))
  return String(resolved.kmsKey)
}

describe('resolveEncryption', () => {
  it('encrypts by AES256 without a key', () => {
    expect(resolveEncryption(HERE, 'AES256', undefined)).toEqual({ encryptionType: 'AES256' })
  })

  it.each([
    [KEY_ID, keyArn(KEY_ID)],
    [KEY_ID.toUpperCase(), keyArn(KEY_ID.toUpperCase())],
    [MULTI_REGION_ID, keyArn(MULTI_REGION_ID)],
    [keyArn(KEY_ID), keyArn(KEY_ID)],
    [keyArn(KEY_ID, '999988887777'), keyArn(KEY_ID, '999988887777')],
  ])('answers the ARN of the key %s', (kmsKey, arn) => {
    expect(keyOf(kmsKey)).toBe(arn)
  })

  it('finds one key behind an alias and its ARN, another behind the next, and a default', () => {
    const alias = keyOf('alias/mine')
    expect(alias).toMatch(
      /^arn:aws:kms:eu-west-1:123456789012:key\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    )
    expect(keyOf('alias/mine')).toBe(alias)
    expect(keyOf('arn:aws:kms:eu-west-1:123456789012:alias/mine')).toBe(alias)
    expect(keyOf('alias/other')).not.toBe(alias)
    expect(keyOf(undefined)).toBe(keyOf('alias/aws/ecr'))
  })

  it('keeps the keys of accounts and regions apart', () => {
    const keys = [
      keyOf('alias/mine'),
      keyOf('alias/mine', { ...HERE, accountId: '999988887777' }),
      keyOf('alias/mine', { ...HERE, region: 'cn-north-1' }),
    ].map((arn) => arn.split('/')[1])
    expect(new Set(keys)).toHaveLength(3)
    expect(keyOf('alias/mine', { ...HERE, region: 'cn-north-1' })).toMatch(/^arn:aws-cn:kms:cn-north-1:/)
  })

  it("takes an alias of another account for that account's key", () => {
    const theirs = { ...HERE, accountId: '999988887777' }
    expect(keyOf('arn:aws:kms:eu-west-1:999988887777:alias/mine')).toBe(keyOf('alias/mine', theirs))
  })

  it('offers KMS_DSSE in GovCloud alone', () => {
    const govCloud = { ...HERE, region: 'us-gov-east-1' }
    expect(resolveEncryption(govCloud, 'KMS_DSSE', KEY_ID)).toEqual({
      encryptionType: 'KMS_DSSE',
      kmsKey: `arn:aws-us-gov:kms:us-gov-east-1:123456789012:key/${KEY_ID}`,
    })
    expect(resolveEncryption(HERE, 'KMS_DSSE', KEY_ID)).toMatchObject({ kind: 'parameter' })
  })

  it('refuses a key with AES256', () => {
    expect(resolveEncryption(HERE, 'AES256', KEY_ID)).toEqual({
      kind: 'parameter',
      constraint: 'Invalid encryption configuration: Encryption key should not be set for AES256 encryption.',
    })
  })

  it.each([
    ['arn:aws:kms:us-east-1:123456789012:key/x', 'Invalid arn us-east-1'],
    ['arn:aws:kms:us-east-1:123456789012:alias/x', 'Invalid arn us-east-1'],
    ['arn:aws:kms:eu-west-1:1234:key/x', "Invalid keyId 'arn:aws:kms:eu-west-1:1234:key/x'"],
    ['my key', "Invalid keyId 'my key'"],
    ['alias/', "Invalid keyId 'alias/'"],
    ['alias/my key', "Invalid keyId 'alias/my key'"],
  ])('lets KMS refuse %s', (kmsKey, message) => {
    const kmsError = 'com.amazonaws.kms.model.NotFoundException'
    expect(resolveEncryption(HERE, 'KMS', kmsKey)).toEqual({ kind: 'kms', kmsError, message })
  })

  it('answers an ARN that it takes again and leaves as it is', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^alias\/[a-zA-Z0-9/_-]{1,20}$/), (alias) => {
        expect(keyOf(keyOf(alias))).toBe(keyOf(alias))
      }),
    )
  })
})
