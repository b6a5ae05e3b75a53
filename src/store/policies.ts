import type { PolicyReads } from './contract/policies.ts'
import type { ResourceTag } from './contract/repositories.ts'
import type { Sql } from './sql.ts'

interface Row {
  policy: string | null
  resource_tags: string | null
  registry_policy: string | null
  account_settings: string | null
}

/** One statement, as every request asks: the policies of a repository that may be missing, and of its registry. */
const FIND = `SELECT repositories.policy, repositories.resource_tags,
  (SELECT value FROM registry_settings
    WHERE account_id = ? AND region = ? AND key = 'registryPolicy') AS registry_policy,
  (SELECT value FROM registry_settings
    WHERE account_id = ? AND region = ? AND key = 'accountSettings') AS account_settings
  FROM (SELECT 1) AS one LEFT JOIN repositories ON account_id = ? AND region = ? AND name = ?`

export function policies(sql: Sql): PolicyReads {
  return {
    async find({ accountId, region }, repositoryName = '') {
      const registry = [accountId, region]
      const row = await sql.get<Row>(FIND, ...registry, ...registry, ...registry, repositoryName)
      if (!row || (row.policy === null && row.registry_policy === null)) return undefined
      return {
        repository: row.policy ?? undefined,
        registry: row.registry_policy === null ? undefined : (JSON.parse(row.registry_policy) as string),
        accountSettings: JSON.parse(row.account_settings ?? '{}') as Record<string, string>,
        resourceTags: JSON.parse(row.resource_tags ?? '[]') as ResourceTag[],
      }
    },
  }
}
