import { type FileHandle, open } from 'node:fs/promises'
import { DiskFull, isDiskFull } from '../rules/disk-full.ts'

/** Makes what SQLite has written to its WAL outlast a loss of power, beside the event loop. */
export interface WalSync {
  /** Resolves when all that was written before the call is on the disk; calls that overlap share a sync. */
  sync(): Promise<void>
  /** @throws what `sync` throws ever after, once the disk has failed to keep something */
  check(): void
  close(): Promise<void>
}

/**
 * SQLite's own sync (`synchronous = FULL`) holds up the thread that commits. It is the same fdatasync of the same
 * file (sqlite.org/wal.html, "Durability"), which SQLite makes once, and unlinks only when its last connection
 * closes.
 *
 * @param databaseFile whose WAL it is; something was written to it before the first sync
 */
export function walSync(databaseFile: string): WalSync {
  let file: FileHandle | undefined
  let running: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined
  let failure: Error | undefined

  function check(): void {
    if (failure) throw failure
  }

  async function syncAfter(previous: Promise<void>): Promise<void> {
    await previous.catch(() => undefined)
    next = undefined
    check()
    file ??= await open(`${databaseFile}-wal`, 'r')
    try {
      await file.datasync()
    } catch (error) {
      failure = failureOf(error)
      throw failure
    }
  }

  return {
    sync() {
      // One that is under way may have begun before the write of this call.
      next ??= running = syncAfter(running)
      return next
    },
    check,
    async close() {
      await running.catch(() => undefined)
      await file?.close()
    },
  }
}

/**
 * The system tells only once that it lost what was to be written (fsync(2), "EIO"): a later sync would succeed, and
 * what is committed then stand behind a gap, where SQLite ends to read after a loss of power. At the next start it
 * reads what there is.
 */
function failureOf(cause: unknown): Error {
  const told = 'The disk did not keep the last changes of the database, which takes none until the next start'
  return isDiskFull(cause) ? new DiskFull(told, { cause }) : new Error(told, { cause })
}
