import { existsSync } from 'node:fs'
import { StorageMissing } from '../rules/storage-missing.ts'
import { clear } from './clear.ts'
import { Connection, type SqliteOptions } from './connection.ts'
import { creationTemplates } from './creation-templates.ts'
import type { Database, Reads, Writes } from './database.ts'
import { events } from './events.ts'
import { imageScans } from './image-scans.ts'
import { images } from './images.ts'
import { jobs } from './jobs.ts'
import { layers } from './layers.ts'
import { lifecyclePreviews } from './lifecycle-previews.ts'
import { openWriter } from './open-writer.ts'
import { policies } from './policies.ts'
import { pullThroughRules, upstreamChecks } from './pull-through.ts'
import { readsBetween } from './reads-between.ts'
import { registrySettings } from './registry-settings.ts'
import { nothing, type Remembered, remembered } from './remembered.ts'
import { replicationBackfills } from './replication-backfills.ts'
import { replicationStatuses } from './replication-statuses.ts'
import { repositories } from './repositories.ts'
import { sessions } from './sessions.ts'
import { settings } from './settings.ts'
import { signings } from './signings.ts'
import { smallBlobs } from './small-blobs.ts'
import type { Sql } from './sql.ts'
import { uploads } from './uploads.ts'
import { walSync } from './wal-sync.ts'
import { writeQueue } from './write-queue.ts'

/** What a connection remembers, which changes at different times. */
interface Known {
  readonly repositories: Remembered
  readonly settings: Remembered
}

function aggregates(sql: Sql, known: Known): Omit<Writes, 'afterCommit'> {
  const ofRepositories = repositories(sql, known.repositories)
  const ofRegistries = registrySettings(sql, known.settings)
  return {
    repositories: ofRepositories,
    layers: layers(sql),
    smallBlobs: smallBlobs(sql),
    uploads: uploads(sql),
    images: images(sql),
    sessions: sessions(sql),
    settings: settings(sql),
    registrySettings: ofRegistries,
    policies: policies(ofRepositories, ofRegistries),
    creationTemplates: creationTemplates(sql),
    events: events(sql),
    jobs: jobs(sql),
    lifecyclePreviews: lifecyclePreviews(sql),
    replicationStatuses: replicationStatuses(sql),
    backfills: replicationBackfills(sql),
    pullThroughRules: pullThroughRules(sql, known.settings),
    upstreamChecks: upstreamChecks(sql),
    signings: signings(sql),
    imageScans: imageScans(sql),
  }
}

/**
 * Opens the metadata store in one SQLite file, in WAL mode: one connection writes, behind a queue, and reads between the
 * changes. Who reads while one is made has another connection, and a transaction of its own: nobody sees half a change.
 *
 * @throws UnusableDatabase when the file is not ours, is damaged, or is of a newer version
 */
export function openSqlite(options: SqliteOptions): Database {
  const writer = openWriter(options)
  let version = 0
  const wal = walSync(options.file)
  const between = readsBetween(writer)
  const known: Known = { repositories: remembered(), settings: remembered() }
  const queue = writeQueue({
    async begin() {
      await between.whenEnded(() => {
        wal.check()
        writer.execute('BEGIN IMMEDIATE')
      })
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
      for (const each of Object.values(known)) each.committed()
    },
    takeBack() {
      for (const each of Object.values(known)) each.takenBack()
      if (writer.handle.inTransaction) writer.execute('ROLLBACK')
    },
    isOpen: () => writer.handle.inTransaction,
    sync: (isAlone) => (options.durable ? wal.sync(isAlone) : Promise.resolve()),
  })
  const writes: Writes = { ...aggregates(writer, known), afterCommit: queue.afterCommit }
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
    return { connection, reads: aggregates(connection, { repositories: nothing, settings: nothing }) }
  }

  return {
    async read(work) {
      if (between.mayBegin()) {
        between.begin()
        try {
          return await work(writes)
        } finally {
          between.end()
        }
      }
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
    clear: (registry) => queue.run(() => clear(writer, Object.values(known), registry)),
    async close() {
      await queue.settle()
      await wal.close()
      // The writer comes last: readers can't empty the WAL.
      for (const connection of all.reverse()) connection.handle.close()
    },
  }
}
