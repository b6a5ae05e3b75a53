import { Worker } from 'node:worker_threads'
import type { DigestAlgorithm } from '../rules/digest.ts'

/** What the thread is told; it answers each in turn. */
export type Order =
  | {
      readonly kind: 'begin'
      readonly id: number
      readonly file: string
      readonly size: number
      readonly algorithm: DigestAlgorithm
    }
  | { readonly kind: 'update'; readonly id: number; readonly slot: number; readonly length: number }
  | { readonly kind: 'digest'; readonly id: number }
  | { readonly kind: 'forget'; readonly id: number }

/** What the thread answers. An error that changes threads leaves its code behind, which comes beside it. */
export interface Reply {
  readonly result?: string | undefined
  readonly failure?: { readonly error: Error; readonly code: string | undefined }
}

/** A hash that grows in another thread. Its calls take effect in their order. */
export interface ThreadHash {
  /** Resolves when the bytes are hashed. */
  update(pieces: readonly Uint8Array[]): Promise<void>
  /** In hex, of all bytes until now. */
  digest(): Promise<string>
  forget(): void
}

export interface HashThread {
  /** A hash that begins with the first `size` bytes of a file, which the thread reads. */
  begin(file: string, size: number, algorithm: DigestAlgorithm): Promise<ThreadHash>
  close(): Promise<void>
}

const SLOT_BYTES = 1024 * 1024
/** One is held while it is filled and hashed, and never while a client is waited for. */
const SLOTS = 8

/**
 * Hashes large blobs beside the event loop, which could not read sockets meanwhile. Bytes get there by a copy into
 * memory that both threads share, which costs a tenth of what hashing them does. The thread begins with the first
 * large blob.
 */
export function hashThread(): HashThread {
  let opened: Thread | undefined
  let lastId = 0

  return {
    async begin(file, size, algorithm) {
      opened ??= openThread(() => {
        opened = undefined
      })
      const { ask, freeSlot, fill } = opened
      lastId += 1
      const id = lastId
      await ask({ kind: 'begin', id, file, size, algorithm })
      return {
        async update(pieces) {
          for (const batch of batches(pieces)) {
            const slot = await freeSlot()
            await ask({ kind: 'update', id, slot, length: fill(slot, batch) }, slot)
          }
        },
        digest: async () => (await ask({ kind: 'digest', id })) as string,
        forget: () => void ask({ kind: 'forget', id }).catch(() => undefined),
      }
    },
    async close() {
      await opened?.close()
    },
  }
}

interface Thread {
  /** @param slot that is free again with the answer */
  ask(order: Order, slot?: number): Promise<string | undefined>
  freeSlot(): Promise<number>
  /** Copies pieces that fit into a slot, and answers their length together. */
  fill(slot: number, pieces: readonly Uint8Array[]): number
  close(): Promise<void>
}

function openThread(onEnd: () => void): Thread {
  const memory = new SharedArrayBuffer(SLOTS * SLOT_BYTES)
  const worker = new Worker(new URL('./hash-worker.js', import.meta.url), {
    workerData: { memory, slotBytes: SLOT_BYTES },
    // Those of the process may be for its program alone, as `--input-type` is.
    execArgv: [],
  })
  const asked: { resolve: (result: string | undefined) => void; reject: (error: unknown) => void }[] = []
  const free = Array.from({ length: SLOTS }, (_, slot) => slot)
  const waiting: ((slot: number) => void)[] = []
  let ended: { readonly error: unknown } | undefined

  worker.unref()
  worker.on('message', ({ result, failure }: Reply) => {
    const { resolve, reject } = asked.shift() as (typeof asked)[number]
    if (asked.length === 0) worker.unref()
    if (failure) reject(Object.assign(failure.error, { code: failure.code }))
    else resolve(result)
  })
  function end(error: unknown): void {
    // An error is followed by an exit, when another thread may have begun.
    if (ended) return
    ended = { error }
    onEnd()
    for (const { reject } of asked.splice(0)) reject(error)
  }
  worker.once('error', end)
  worker.once('exit', () => end(new Error('The thread that hashes has ended')))

  function release(slot: number): void {
    const next = waiting.shift()
    if (next) next(slot)
    else free.push(slot)
  }

  return {
    async ask(order, slot) {
      try {
        return await new Promise<string | undefined>((resolve, reject) => {
          // No answer would ever come.
          if (ended) throw ended.error
          asked.push({ resolve, reject })
          worker.ref()
          worker.postMessage(order)
        })
      } finally {
        if (slot !== undefined) release(slot)
      }
    },
    async freeSlot() {
      return free.pop() ?? new Promise((resolve) => waiting.push(resolve))
    },
    fill(slot, pieces) {
      const view = new Uint8Array(memory, slot * SLOT_BYTES, SLOT_BYTES)
      let length = 0
      for (const piece of pieces) {
        view.set(piece, length)
        length += piece.length
      }
      return length
    },
    async close() {
      await worker.terminate()
    },
  }
}

/** Pieces in groups that fit into a slot each. */
function* batches(pieces: readonly Uint8Array[]): Generator<Uint8Array[]> {
  let batch: Uint8Array[] = []
  let length = 0
  for (const piece of pieces)
    for (let from = 0; from < piece.length; from += SLOT_BYTES) {
      const part = piece.subarray(from, from + SLOT_BYTES)
      if (length + part.length > SLOT_BYTES) {
        yield batch
        batch = []
        length = 0
      }
      batch.push(part)
      length += part.length
    }
  if (length > 0) yield batch
}
