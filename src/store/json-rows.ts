import type { Sql, SqlValue } from './sql.ts'

/**
 * Many rows, fetched as one text: a database hands out rows value by value, which takes longer than to find them.
 * The functions are those of SQLite, and of PostgreSQL from version 16 on. Their order is nobody's promise.
 *
 * @param columns names, in the order of the members of `Row`
 * @param from what stands behind FROM
 */
export async function jsonRows<Row extends readonly unknown[]>(
  sql: Sql,
  columns: string,
  from: string,
  ...values: SqlValue[]
): Promise<Row[]> {
  const found = await sql.get<{ listed: string | null }>(
    `SELECT string_agg(CAST(json_array(${columns}) AS TEXT), ',') AS listed FROM ${from}`,
    ...values,
  )
  return JSON.parse(`[${found?.listed ?? ''}]`) as Row[]
}
