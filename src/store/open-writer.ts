import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import SQLite from 'better-sqlite3'
import { asDiskFull, Connection, isFull, type SqliteOptions } from './connection.ts'
import { migrations } from './migrations/index.ts'

/** The data directory was written by a newer version, or is not ours. The message says which. */
export class UnusableDatabase extends Error {
  override readonly name = 'UnusableDatabase'
}

/** Marks a database file as ours (PRAGMA application_id): "ecrl". */
const APPLICATION_ID = 0x6563726c

/**
 * Opens the one connection that writes, and brings the file to the schema of this version.
 *
 * @throws UnusableDatabase when the file is not ours, is damaged, or is of a newer version
 */
export function openWriter(options: SqliteOptions): Connection {
  mkdirSync(dirname(options.file), { recursive: true, mode: 0o700 })
  makePrivate(options.file)
  let connection: Connection | undefined
  try {
    connection = new Connection(options, false)
    migrate(connection.handle, options.file)
    if (options.durable) emptyWal(connection.handle)
    connection.handle.pragma('journal_mode = WAL')
    // From here on commits are synced by `walSync`; what SQLite syncs by itself is what keeps the file whole.
    if (options.durable) connection.handle.pragma('synchronous = NORMAL')
    // What a savepoint could take back would go to a file of its own at every change.
    connection.handle.pragma('temp_store = MEMORY')
    // A checkpoint syncs the database and holds up everybody: one for 16 MiB of changes.
    connection.handle.pragma('wal_autocheckpoint = 4000')
    return connection
  } catch (error) {
    connection?.handle.close()
    const reason = asDiskFull(error)
    if (!(reason instanceof SQLite.SqliteError)) throw reason
    // SQLite says no more of a disk that may only be read, or where there is no place for the WAL.
    const hint = reason.code.startsWith('SQLITE_CANTOPEN') ? '; it and its directory must be writable' : ''
    throw new UnusableDatabase(`${options.file} cannot be used: ${reason.message}${hint}`, { cause: reason })
  }
}

/** What an earlier process could not sync comes out of the WAL: nothing new must stand behind it. */
function emptyWal(handle: SQLite.Database): void {
  try {
    handle.pragma('wal_checkpoint(TRUNCATE)')
  } catch (error) {
    // A full disk takes it no more than the earlier process's: what stands in the WAL was synced there.
    if (!isFull(error)) throw error
  }
}

function migrate(handle: SQLite.Database, file: string): void {
  const version = handle.pragma('user_version', { simple: true }) as number
  const application = handle.pragma('application_id', { simple: true }) as number
  const isEmpty = version === 0 && handle.prepare('SELECT 1 FROM sqlite_master LIMIT 1').get() === undefined
  if (!isEmpty && application !== APPLICATION_ID)
    throw new UnusableDatabase(`${file} is a database of another program`)
  if (version > migrations.length)
    throw new UnusableDatabase(
      `${file} was written by a newer ecr-local (schema ${version}, this one knows ${migrations.length}); ` +
        'start that version, or choose another --data-dir',
    )
  handle
    .transaction(() => {
      for (const script of migrations.slice(version)) handle.exec(script)
      handle.pragma(`application_id = ${APPLICATION_ID}`)
      handle.pragma(`user_version = ${migrations.length}`)
    })
    .immediate()
}

/**
 * Makes the file, for its owner alone: it holds the key that seals tokens, and a directory that was there before
 * may be open to others. SQLite gives its other files the same mode.
 */
function makePrivate(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600))
  } catch {
    // It is there already, or can't be made, of which SQLite tells more.
  }
}
