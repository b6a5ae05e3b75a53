import { GetAccountSettingCommand, PutAccountSettingCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { emulator } from '../support/emulator.ts'
import { invalidParameter, otherRegistries } from '../support/refusals.ts'

const ENUM =
  'Member must satisfy enum value set: [BASIC_SCAN_TYPE_VERSION, REGISTRY_POLICY_SCOPE, BLOB_MOUNTING]'

describe('GetAccountSetting', () => {
  const ecr = emulator()
  const get = (name: unknown, by = ecr.client()) =>
    by.send(new GetAccountSettingCommand({ name: name as string }))

  describe('validation', () => {
    it.each([
      ['Member must not be null', undefined],
      ['Member must have length greater than or equal to 1', ''],
      ['Member must have length less than or equal to 64', 'A'.repeat(65)],
      [ENUM, 'SCAN_TYPE'],
      [ENUM, 'blob_mounting'],
      [ENUM, 'constructor'],
    ])('says of name: %s: %#', async (constraint, name) => {
      await expect(get(name)).rejects.toMatchObject(invalidParameter('name', constraint))
    })
  })

  describe('effects', () => {
    it.each([
      ['BASIC_SCAN_TYPE_VERSION', 'AWS_NATIVE'],
      ['REGISTRY_POLICY_SCOPE', 'V2'],
      ['BLOB_MOUNTING', 'DISABLED'],
    ])('shows that a new account has %s %s', async (name, value) => {
      const { $metadata: _, ...answer } = await get(name)
      expect(answer).toEqual({ name, value })
    })

    it.each(otherRegistries)('shows nothing of another %s', async (_differs, identity) => {
      const other = ecr.client(identity)
      await other.send(new PutAccountSettingCommand({ name: 'BLOB_MOUNTING', value: 'ENABLED' }))
      expect(await get('BLOB_MOUNTING')).toMatchObject({ value: 'DISABLED' })
      expect(await get('BLOB_MOUNTING', other)).toMatchObject({ value: 'ENABLED' })
    })
  })
})
