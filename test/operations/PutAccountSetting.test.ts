import { type ECRClient, GetAccountSettingCommand, PutAccountSettingCommand } from '@aws-sdk/client-ecr'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { emulator } from '../support/emulator.ts'
import { policyText } from '../support/policies.ts'
import { explicitlyDenied, invalidParameter } from '../support/refusals.ts'

const NAMES = ['BASIC_SCAN_TYPE_VERSION', 'REGISTRY_POLICY_SCOPE', 'BLOB_MOUNTING']
const oneOf = (...values: string[]) => `Member must satisfy enum value set: [${values.join(', ')}]`

describe('PutAccountSetting', () => {
  const ecr = emulator()
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })
  beforeEach(() => ecr.server.reset())

  const put = (name: unknown, value: unknown) =>
    client.send(new PutAccountSettingCommand({ name: name as string, value: value as string }))
  const settingOf = async (name: string) => (await client.send(new GetAccountSettingCommand({ name }))).value

  describe('validation', () => {
    it.each([
      ['name', 'Member must not be null', undefined, 'V1'],
      ['name', 'Member must have length greater than or equal to 1', '', 'V1'],
      ['name', 'Member must have length less than or equal to 64', 'A'.repeat(65), 'V1'],
      ['name', oneOf(...NAMES), 'SCAN_TYPE', 'V1'],
      ['value', 'Member must not be null', 'BLOB_MOUNTING', undefined],
      ['value', oneOf('AWS_NATIVE', 'CLAIR'), 'BASIC_SCAN_TYPE_VERSION', 'TRIVY'],
      ['value', oneOf('V2', 'V1'), 'REGISTRY_POLICY_SCOPE', 'V3'],
      ['value', oneOf('DISABLED', 'ENABLED'), 'BLOB_MOUNTING', 'enabled'],
      ['value', oneOf('DISABLED', 'ENABLED'), 'BLOB_MOUNTING', ''],
    ])('says of %s: %s: %#', async (member, constraint, name, value) => {
      await expect(put(name, value)).rejects.toMatchObject(invalidParameter(member, constraint))
    })
  })

  describe('refusals', () => {
    it('may be denied by the name of the setting', async () => {
      const Condition = { StringEquals: { 'ecr:AccountSetting': 'BLOB_MOUNTING' } }
      const deny = { Effect: 'Deny', Action: 'ecr:PutAccountSetting', Resource: '*', Condition }
      await ecr.call('PutRegistryPolicy', { policyText: policyText(deny) })

      const refused = explicitlyDenied('ecr:PutAccountSetting', '*')
      await expect(put('BLOB_MOUNTING', 'ENABLED')).rejects.toMatchObject(refused)
      expect(await put('BASIC_SCAN_TYPE_VERSION', 'CLAIR')).toMatchObject({ value: 'CLAIR' })
      expect(await settingOf('BLOB_MOUNTING')).toBe('DISABLED')
    })
  })

  describe('effects', () => {
    it.each([
      ['BASIC_SCAN_TYPE_VERSION', ['CLAIR', 'AWS_NATIVE']],
      ['REGISTRY_POLICY_SCOPE', ['V1', 'V2']],
      ['BLOB_MOUNTING', ['ENABLED', 'DISABLED']],
    ])('sets %s to each of %j, and leaves the others', async (name, values) => {
      const others = NAMES.filter((other) => other !== name)
      const before = await Promise.all(others.map(settingOf))
      for (const value of values) {
        const { $metadata: _, ...answer } = await put(name, value)
        expect(answer).toEqual({ name, value })
        expect(await settingOf(name)).toBe(value)
      }
      expect(await Promise.all(others.map(settingOf))).toEqual(before)
    })

    it('keeps what was set of each', async () => {
      await put('BLOB_MOUNTING', 'ENABLED')
      await put('REGISTRY_POLICY_SCOPE', 'V1')
      expect(await Promise.all(NAMES.map(settingOf))).toEqual(['AWS_NATIVE', 'V1', 'ENABLED'])
    })
  })
})
