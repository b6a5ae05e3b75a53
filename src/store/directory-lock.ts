import { closeSync, mkdirSync, openSync } from 'node:fs'
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
 * @throws UnusableDatabase when another server has it; or what the file system says of a directory that may not be
 *   written to
 */
export function lockDirectory(dataDirectory: string): DirectoryLock {
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 })
  let handle: SQLite.Database | undefined
  try {
    handle = new SQLite(lockFile(dataDirectory), { timeout: 0 })
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

/**
 * The file, made for its owner alone when it is missing. One that is there is not opened but by SQLite: to close it
 * would end the lock of a server of the same process (POSIX, `fcntl`).
 */
function lockFile(dataDirectory: string): string {
  const file = join(dataDirectory, 'lock')
  try {
    closeSync(openSync(file, 'wx', 0o600))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return file
}
