import { closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import SQLite from 'better-sqlite3'
import { asDiskFull } from './connection.ts'
import { UnusableDatabase } from './open-writer.ts'

/** A data directory that is this server's alone. */
export interface DirectoryLock {
  release(): void
}

/**
 * Takes a data directory: locks and sweeps of one process know nothing of uploads of another. The lock is one
 * of SQLite's on an empty file of its own, which the system drops however the process ends.
 *
 * @throws UnusableDatabase when another server has it; DiskFull; or what the file system says of a directory that may
 *   not be written to
 */
export function lockDirectory(dataDirectory: string): DirectoryLock {
  makeDirectory(dataDirectory)
  let handle: SQLite.Database | undefined
  try {
    handle = new SQLite(lockFile(dataDirectory), { timeout: 0 })
    handle.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    handle?.close()
    const reason = asDiskFull(error)
    if (!(reason instanceof SQLite.SqliteError)) throw reason
    throw new UnusableDatabase(
      reason.code === 'SQLITE_BUSY'
        ? `${dataDirectory} is in use by another ecr-local; stop that one, or choose another --data-dir`
        : `${dataDirectory} cannot be used: ${reason.message}`,
      { cause: reason },
    )
  }
  const lock = handle
  return { release: () => void lock.close() }
}

/**
 * Makes a directory with those above it, not by `recursive`: Node 20 then never comes back from where the system says
 * ENOENT of a directory whose parent is there, as it does below /proc and an automounter's directories.
 */
function makeDirectory(directory: string): void {
  const parent = dirname(directory)
  if (!existsSync(parent)) makeDirectory(parent)
  try {
    mkdirSync(directory, { mode: 0o700 })
  } catch (error) {
    if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) throw error
  }
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
