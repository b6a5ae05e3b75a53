import type { SettingReads, SettingWrites } from './contract/settings.ts'
import type { Sql } from './sql.ts'

const GET = 'SELECT value FROM settings WHERE key = ?'
const PUT = `INSERT INTO settings (key, value) VALUES (?, ?)
  ON CONFLICT (key) DO UPDATE SET value = excluded.value`

export function settings(sql: Sql): SettingReads & SettingWrites {
  return {
    async get(key) {
      return (await sql.get<{ value: Buffer }>(GET, key))?.value
    },
    async put(key, value) {
      await sql.run(PUT, key, value)
    },
  }
}
