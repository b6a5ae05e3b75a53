/** What may stand for a `?`. */
export type SqlValue = string | number | null | Uint8Array

/**
 * Runs statements over one connection. Texts are constants of this folder, written in what SQLite and
 * PostgreSQL share; each is prepared once per connection.
 */
export interface Sql {
  get<Row>(text: string, ...values: SqlValue[]): Promise<Row | undefined>
  all<Row>(text: string, ...values: SqlValue[]): Promise<Row[]>
  /** The number of rows that changed. */
  run(text: string, ...values: SqlValue[]): Promise<number>
}
