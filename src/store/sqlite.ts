import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import SQLite from 'better-sqlite3'
import { DiskFull } from '../rules/disk-full.ts'
import type { Registry } from '../rules/registry.ts'
import { StorageMissing } from '../rules/storage-missing.ts'
import { creationTemplates } from './creation-templates.ts'
import type { Database, Reads, Writes } from './database.ts'
import { events } from './events.ts'
import { imageScans } from './image-scans.ts'
import { images } from './images.ts'
import { jobs } from './jobs.ts'
import { layers } from './layers.ts'
import { lifecyclePreviews } from './lifecycle-previews.ts'
import { migrations } from './migrations/index.ts'
import { policies } from './policies.ts'
import { pullThroughRules, upstreamChecks } from './pull-through.ts'
import { registrySettings } from './registry-settings.ts'
import { replicationBackfills } from './replication-backfills.ts'
import { replicationStatuses } from './replication-statuses.ts'
import { repositories } from './repositories.ts'
import { sessions } from './sessions.ts'
import { settings } from './settings.ts'
import { signings } from './signings.ts'
import { smallBlobs } from './small-blobs.ts'
import type { Sql, SqlValue } from './sql.ts'
import { uploads } from './uploads.ts'
import { walSync } from './wal-sync.ts'
import { writeQueue } from './write-queue.ts'

export interface SqliteOptions {
  /** The database file; made when it is missing. */
  readonly file: string
  /** Whether a change must outlast a loss of power, and not only of the process. */
  readonly durable: boolean
}

/** The data directory was written by a newer version, or is not ours. The message says which. */
export class UnusableDatabase extends Error {
  override readonly name = 'UnusableDatabase'
}

/** At most so many statements stay prepared on a connection; filters make the only texts that vary. */
const MAX_STATEMENTS = 200

/**
 * SQLite plans by the value of a bare `LIMIT ?`, so it prepares the statement again each time that it is run, which takes
 * as long as a page does (`sqlite3VdbeSetVarmask` in its `sqlite3ExprIsInteger`). It does not look into an expression.
 */
const BOUND_LIMIT = 'LIMIT CAST(? AS BIGINT)'

/** Marks a database file as ours (PRAGMA application_id): "ecrl". */
const APPLICATION_ID = 0x6563726c

class Connection implements Sql {
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
function isFull(error: unknown): boolean {
  return error instanceof SQLite.SqliteError && ['SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE'].includes(error.code)
}

function aggregates(sql: Sql): Omit<Writes, 'afterCommit'> {
  return {
    repositories: repositories(sql),
    layers: layers(sql),
    smallBlobs: smallBlobs(sql),
    uploads: uploads(sql),
    images: images(sql),
    sessions: sessions(sql),
    settings: settings(sql),
    registrySettings: registrySettings(sql),
    policies: policies(sql),
    creationTemplates: creationTemplates(sql),
    events: events(sql),
    jobs: jobs(sql),
    lifecyclePreviews: lifecyclePreviews(sql),
    replicationStatuses: replicationStatuses(sql),
    backfills: replicationBackfills(sql),
    pullThroughRules: pullThroughRules(sql),
    upstreamChecks: upstreamChecks(sql),
    signings: signings(sql),
    imageScans: imageScans(sql),
  }
}

/**
 * Opens the metadata store in one SQLite file, in WAL mode: one connection writes, behind a queue; others
 * read, each inside a transaction, so that nobody sees half a change.
 *
 * @throws UnusableDatabase when the file is not ours, is damaged, or is of a newer version
 */
export function openSqlite(options: SqliteOptions): Database {
  mkdirSync(dirname(options.file), { recursive: true, mode: 0o700 })
  makePrivate(options.file)
  const writer = openWriter(options)
  let version = 0
  const wal = walSync(options.file)
  const queue = writeQueue({
    begin() {
      wal.check()
      writer.execute('BEGIN IMMEDIATE')
    },
    beginPart: () => writer.execute('SAVEPOINT part'),
    endPart: () => writer.execute('RELEASE part'),
    takeBackPart() {
      writer.execute('ROLLBACK TO part')
      writer.execute('RELEASE part')
    },
    commit() {
      // SQLite would go on in a file that nobody finds any more.
      mustBeThere()
      writer.execute('COMMIT')
      version += 1
    },
    takeBack() {
      if (writer.handle.inTransaction) writer.execute('ROLLBACK')
    },
    isOpen: () => writer.handle.inTransaction,
    sync: () => (options.durable ? wal.sync() : Promise.resolve()),
  })
  const writes: Writes = { ...aggregates(writer), afterCommit: queue.afterCommit }
  const idle: { connection: Connection; reads: Reads }[] = []
  const all: Connection[] = [writer]

  function mustBeThere(): void {
    if (!existsSync(options.file)) throw new StorageMissing(`${options.file} is gone`)
  }

  function borrowReader(): { connection: Connection; reads: Reads } {
    const free = idle.pop()
    if (free) return free
    mustBeThere()
    const connection = new Connection(options, true)
    all.push(connection)
    return { connection, reads: aggregates(connection) }
  }

  return {
    async read(work) {
      const reader = borrowReader()
      try {
        reader.connection.execute('BEGIN')
        return await work(reader.reads)
      } finally {
        if (reader.connection.handle.inTransaction) reader.connection.execute('COMMIT')
        idle.push(reader)
      }
    },
    write: (work, how) => queue.run(() => work(writes), how),
    version: () => version,
    clear: (registry) => queue.run(() => clear(writer, registry)),
    async close() {
      await queue.settle()
      await wal.close()
      // The writer comes last: readers can't empty the WAL.
      for (const connection of all.reverse()) connection.handle.close()
    },
  }
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

function openWriter(options: SqliteOptions): Connection {
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

async function clear(sql: Sql, registry: Registry | undefined): Promise<void> {
  for (const table of OF_A_REGISTRY) {
    if (registry) {
      const { accountId, region } = registry
      await sql.run(`DELETE FROM ${table} WHERE account_id = ? AND region = ?`, accountId, region)
    } else {
      await sql.run(`DELETE FROM ${table}`)
    }
  }
  if (!registry) await sql.run('DELETE FROM sessions')
  await sql.run(
    'DELETE FROM manifests WHERE NOT EXISTS (SELECT 1 FROM images WHERE images.digest = manifests.digest)',
  )
}
