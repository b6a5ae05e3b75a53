import type { NameList } from './contract/name-list.ts'
import type { Sql, SqlValue } from './sql.ts'

/** What stands between two names. Names hold nothing that JSON escapes, and no quotation mark (rules/names.ts). */
const SEPARATOR = '","'

/**
 * The statement for `nameList`.
 *
 * @param names SELECT of one column, `name`, in its order; the last `?` is the LIMIT
 */
export function listing(names: string): string {
  // Both databases hand the rows of a sorted subquery to the aggregate as they come; sorting there again costs as much
  // as all the rest.
  return `SELECT COUNT(*) AS count, string_agg(name, '${SEPARATOR}') AS names FROM (${names}) AS listed`
}

/**
 * At most `limit` names, put together by the database: to fetch rows takes longer than to find them.
 *
 * @param statement made by `listing`
 * @param values what all `?` stand for but that of the LIMIT
 */
export async function nameList(
  sql: Sql,
  statement: string,
  limit: number,
  ...values: SqlValue[]
): Promise<NameList> {
  if (limit === 0) return { json: '[]', continuesAfter: undefined }
  // One more tells whether there are more.
  const row = await sql.get<{ count: number; names: string | null }>(statement, ...values, limit + 1)
  if (!row || row.names === null) return { json: '[]', continuesAfter: undefined }
  if (row.count <= limit) return { json: `["${row.names}"]`, continuesAfter: undefined }
  const names = row.names.slice(0, row.names.lastIndexOf(SEPARATOR))
  return { json: `["${names}"]`, continuesAfter: names.slice(names.lastIndexOf('"') + 1) }
}
