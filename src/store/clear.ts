import type { Registry } from '../rules/registry.ts'
import type { Remembered } from './remembered.ts'
import type { Sql } from './sql.ts'

/** Everything else goes with its repository. */
const OF_A_REGISTRY = [
  'repositories',
  'registry_settings',
  'creation_templates',
  'pull_through_rules',
  'events',
  'jobs',
  'replication_backfills',
]

/** Forgets everything of one registry, or of all. */
export async function clear(
  sql: Sql,
  known: readonly Remembered[],
  registry: Registry | undefined,
): Promise<void> {
  for (const each of known) each.change()
  for (const table of OF_A_REGISTRY) {
    if (registry) {
      const { accountId, region } = registry
      await sql.run(`DELETE FROM ${table} WHERE account_id = ? AND region = ?`, accountId, region)
    } else {
      await sql.run(`DELETE FROM ${table}`)
    }
  }
  if (!registry) await sql.run('DELETE FROM sessions')
}
