import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import SQLite from 'better-sqlite3'
import { UnusableDatabase } from './sqlite.ts'

/** A data directory that is this server's alone. */
export interface DirectoryLock {
  release(): void
}

/**
 * Takes a data directory: locks and sweeps of one process know nothing of uploads of another. The lock is one
 * of SQLite's on an empty file of its own, which the system drops however the process ends.
 *
 * @throws UnusableDatabase when another server has it
 */
export function lockDirectory(dataDirectory: string): DirectoryLock {
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 })
  let handle: SQLite.Database | undefined
  try {
    handle = new SQLite(join(dataDirectory, 'lock'), { timeout: 0 })
    handle.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    handle?.close()
    if (!(error instanceof SQLite.SqliteError)) throw error
    throw new UnusableDatabase(
      error.code === 'SQLITE_BUSY'
        ? `${dataDirectory} is in use by another ecr-local; stop that one, or choose another --data-dir`
        : `${dataDirectory} cannot be used: ${error.message}`,
      { cause: error },
    )
  }
  const lock = handle
  return { release: () => void lock.close() }
}
