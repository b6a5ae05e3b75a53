import type { RegistrySettingReads, RegistrySettingWrites } from './contract/registry-settings.ts'
import type { Remembered } from './remembered.ts'
import type { Sql } from './sql.ts'

const GET = 'SELECT value FROM registry_settings WHERE account_id = ? AND region = ? AND key = ?'
const PUT = `INSERT INTO registry_settings (account_id, region, key, value) VALUES (?, ?, ?, ?)
  ON CONFLICT (account_id, region, key) DO UPDATE SET value = excluded.value`
const DELETE = 'DELETE FROM registry_settings WHERE account_id = ? AND region = ? AND key = ?'

export function registrySettings(sql: Sql, known: Remembered): RegistrySettingReads & RegistrySettingWrites {
  return {
    async get({ accountId, region }, key) {
      const value = await known.find(`setting\n${accountId}\n${region}\n${key}`, async () => {
        return (await sql.get<{ value: string }>(GET, accountId, region, key))?.value
      })
      return value && JSON.parse(value)
    },
    async put({ accountId, region }, key, value) {
      known.change()
      await sql.run(PUT, accountId, region, key, JSON.stringify(value))
    },
    async delete({ accountId, region }, key) {
      known.change()
      await sql.run(DELETE, accountId, region, key)
    },
  }
}
