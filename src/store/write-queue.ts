import { setImmediate } from 'node:timers/promises'

/** The transaction of a connection, whatever is in it. */
export interface Transaction {
  begin(): Promise<void>
  /** Opens a part that can be taken back by itself. */
  beginPart(): void
  endPart(): void
  takeBackPart(): void
  commit(): void
  /** Takes back what is open, if anything is. */
  takeBack(): void
  /** False where the database took everything back by itself, as it does on a full disk. */
  isOpen(): boolean
  /**
   * Resolves when all that was committed outlasts a loss of power.
   *
   * @param isAlone whether changes have come one after the other lately, each after the sync of the one before
   */
  sync(isAlone: boolean): Promise<void>
}

export interface WriteQueue {
  /**
   * Runs `work` after all that was asked for earlier. Resolves when its changes are committed and, unless told
   * otherwise, synced; when it rejects, none of them are there.
   */
  run<Result>(work: () => Promise<Result>, options?: { isSynced?: boolean }): Promise<Result>
  /** For work to call: what is to be done once its changes are committed. */
  afterCommit(work: () => void): void
  /** Resolves when nothing is left to be run or synced. */
  settle(): Promise<void>
}

interface Entry {
  readonly work: () => Promise<unknown>
  readonly isSynced: boolean
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

/** After so many changes in a row that waited for no other, whoever asks for them is taken to be alone. */
const ALONE = 20

/** So many changes at most share a commit: the first of them waits for the last. */
const MAX_TOGETHER = 64

/**
 * One writer. What is asked for at the same time shares a commit and a sync, which cost more than most changes;
 * each change is a part of the transaction that fails by itself. The disk is waited for beside the event loop,
 * while the next changes are made.
 */
export function writeQueue(transaction: Transaction): WriteQueue {
  const waiting: Entry[] = []
  let afterwards: (() => void)[] = []
  let draining: Promise<void> | undefined
  let syncing: Promise<void> = Promise.resolve()
  let underWay = 0
  let aloneInARow = 0
  /** Ends a wait for a sync. */
  let hurry = (): void => {}

  async function drain(): Promise<void> {
    await gather()
    while (waiting.length > 0) {
      if (waiting.every(({ isSynced }) => isSynced)) await syncOrHurry()
      await runTogether(waiting.splice(0, MAX_TOGETHER))
    }
    draining = undefined
  }

  /** Resolves when a turn of the event loop has brought nothing more: a commit shared by more costs each of them less. */
  async function gather(): Promise<void> {
    let before: number
    do {
      before = waiting.length
      await setImmediate()
    } while (waiting.length > before && waiting.length < MAX_TOGETHER)
  }

  /**
   * The next sync can't begin before the one under way has ended: what is asked for until then shares a commit, and
   * writes each page once. What need not be synced is not held up by a slow disk.
   */
  function syncOrHurry(): Promise<void> {
    const hurried = new Promise<void>((resolve) => {
      hurry = resolve
    })
    return Promise.race([syncing, hurried])
  }

  async function runTogether(entries: readonly Entry[]): Promise<void> {
    // Told after the commit too: a refusal may rest on what an earlier part did.
    const unsynced: (() => void)[] = []
    const synced: { resolve: () => void; reject: Entry['reject'] }[] = []
    afterwards = []
    try {
      await transaction.begin()
      for (const { work, isSynced, resolve, reject } of entries) {
        const before = afterwards.length
        transaction.beginPart()
        try {
          const result = await work()
          transaction.endPart()
          if (isSynced) synced.push({ resolve: () => resolve(result), reject })
          else unsynced.push(() => resolve(result))
        } catch (error) {
          if (!transaction.isOpen()) throw error
          transaction.takeBackPart()
          afterwards.length = before
          unsynced.push(() => reject(error))
        }
      }
      transaction.commit()
    } catch (error) {
      takeBack()
      for (const { reject } of entries) reject(error)
      return
    }
    for (const work of afterwards) work()
    for (const tell of unsynced) tell()
    aloneInARow = entries.length === 1 ? aloneInARow + 1 : 0
    if (synced.length > 0) sync(synced)
  }

  function takeBack(): void {
    try {
      transaction.takeBack()
    } catch {
      // The next one can't begin then, which tries again, and is told why.
    }
  }

  function sync(entries: readonly { resolve: () => void; reject: Entry['reject'] }[]): void {
    underWay += 1
    const synced = transaction.sync(aloneInARow > ALONE).then(
      () => {
        underWay -= 1
        for (const { resolve } of entries) resolve()
      },
      (error: unknown) => {
        underWay -= 1
        for (const { reject } of entries) reject(error)
      },
    )
    syncing = Promise.all([syncing, synced]).then(() => undefined)
  }

  return {
    run: (work, { isSynced = true } = {}) =>
      new Promise((resolve, reject) => {
        waiting.push({ work, isSynced, resolve: resolve as Entry['resolve'], reject })
        if (!isSynced) hurry()
        if (underWay > 0) aloneInARow = 0
        draining ??= drain()
      }),
    afterCommit: (work) => afterwards.push(work),
    async settle() {
      while (draining) await draining
      await syncing
    },
  }
}
