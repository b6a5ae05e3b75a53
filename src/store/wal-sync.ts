import { fdatasyncSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { DiskFull, isDiskFull } from '../rules/disk-full.ts'

/** Makes what SQLite has written to its WAL outlast a loss of power, beside the event loop. */
export interface WalSync {
  /**
   * Resolves when all that was written before the call is on the disk; calls that overlap share a sync.
   *
   * @param isAlone whether nobody else waits for anything: then it is made at once while the disk is quick
   */
  sync(isAlone?: boolean): Promise<void>
  /** @throws what `sync` throws ever after, once the disk has failed to keep something */
  check(): void
  close(): Promise<void>
}

/** A sync that takes no longer is over before another thread could have told of it. */
const QUICK_MILLISECONDS = 1
/** So many of them in a row show that a disk is quick; the first that is not shows that it isn't. */
const QUICK_IN_A_ROW = 20

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
  let underWay = 0
  let quickInARow = 0

  function check(): void {
    if (failure) throw failure
  }

  async function syncAfter(previous: Promise<void>): Promise<void> {
    underWay += 1
    try {
      await previous.catch(() => undefined)
      next = undefined
      check()
      file ??= await open(`${databaseFile}-wal`, 'r')
      await noting(file, (opened) => opened.datasync())
    } finally {
      underWay -= 1
    }
  }

  /** Makes a sync, and notes how long it took, or that it failed. */
  async function noting(
    opened: FileHandle,
    sync: (opened: FileHandle) => void | Promise<void>,
  ): Promise<void> {
    const startedAt = performance.now()
    try {
      await sync(opened)
    } catch (error) {
      failure = failureOf(error)
      throw failure
    }
    quickInARow = performance.now() - startedAt < QUICK_MILLISECONDS ? quickInARow + 1 : 0
  }

  return {
    async sync(isAlone = false) {
      // Beside another it might succeed where that one is told what was lost.
      if (isAlone && file && underWay === 0 && quickInARow >= QUICK_IN_A_ROW) {
        check()
        return noting(file, ({ fd }) => fdatasyncSync(fd))
      }
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
