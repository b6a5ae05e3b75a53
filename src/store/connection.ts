import SQLite from 'better-sqlite3'
import { DiskFull } from '../rules/disk-full.ts'
import type { Sql, SqlValue } from './sql.ts'

export interface SqliteOptions {
  /** The database file; made when it is missing. */
  readonly file: string
  /** Whether a change must outlast a loss of power, and not only of the process. */
  readonly durable: boolean
}

/** At most so many statements stay prepared on a connection; filters make the only texts that vary. */
const MAX_STATEMENTS = 200

/**
 * SQLite plans by the value of a bare `LIMIT ?`, so it prepares the statement again each time that it is run, which takes
 * as long as a page does (`sqlite3VdbeSetVarmask` in its `sqlite3ExprIsInteger`). It does not look into an expression.
 */
const BOUND_LIMIT = 'LIMIT CAST(? AS BIGINT)'

/** One connection to a database file of SQLite, with the statements that it has prepared. */
export class Connection implements Sql {
  readonly handle: SQLite.Database
  readonly #statements = new Map<string, SQLite.Statement<SqlValue[]>>()

  constructor(options: SqliteOptions, readonly: boolean) {
    this.handle = new SQLite(options.file, { readonly, timeout: 10_000 })
    try {
      this.handle.pragma('foreign_keys = ON')
      this.handle.pragma(`synchronous = ${options.durable ? 'FULL' : 'OFF'}`)
      this.handle.pragma('cache_size = -4096')
    } catch (error) {
      this.handle.close()
      throw asDiskFull(error)
    }
  }

  async get<Row>(text: string, ...values: SqlValue[]): Promise<Row | undefined> {
    return this.#attempt(text, (statement) => statement.get(...values)) as Row | undefined
  }

  async all<Row>(text: string, ...values: SqlValue[]): Promise<Row[]> {
    return this.#attempt(text, (statement) => statement.all(...values)) as Row[]
  }

  async run(text: string, ...values: SqlValue[]): Promise<number> {
    return this.#attempt(text, (statement) => statement.run(...values)).changes
  }

  execute(text: string): void {
    this.#attempt(text, (statement) => statement.run())
  }

  #attempt<Result>(text: string, work: (statement: SQLite.Statement<SqlValue[]>) => Result): Result {
    try {
      return work(this.#prepared(text))
    } catch (error) {
      throw asDiskFull(error)
    }
  }

  #prepared(text: string): SQLite.Statement<SqlValue[]> {
    let statement = this.#statements.get(text)
    if (!statement) {
      if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear()
      statement = this.handle.prepare<SqlValue[]>(text.replaceAll('LIMIT ?', BOUND_LIMIT))
      this.#statements.set(text, statement)
    }
    return statement
  }
}

/** An error of SQLite, in the word for a full disk that all stores share. */
export function asDiskFull(error: unknown): unknown {
  return isFull(error) ? new DiskFull('The disk of the database is full', { cause: error }) : error
}

/** No space for the database or its WAL; or, seen on a full tmpfs, for the index of the WAL (`-shm`). */
export function isFull(error: unknown): boolean {
  return error instanceof SQLite.SqliteError && ['SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE'].includes(error.code)
}
