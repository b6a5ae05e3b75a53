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
  | { readonly kind: 'update'; readonly id: number; readonly pieces: readonly Uint8Array<ArrayBuffer>[] }
  | { readonly kind: 'digest'; readonly id: number }
  | { readonly kind: 'forget'; readonly id: number }

/** What the thread answers. An error that changes threads leaves its code behind, which comes beside it. */
export interface Reply {
  readonly result?: string | undefined
  readonly failure?: { readonly error: Error; readonly code: string | undefined }
}

/** A hash that grows in another thread. Its calls take effect in their order. */
export interface ThreadHash {
  /** Takes the memory of the pieces along, and resolves when they are hashed. */
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

/**
 * Hashes large blobs beside the event loop, which could not read sockets meanwhile. The memory of the bytes changes
 * threads with them: this one, whose heap is large, would collect all of it at every 20 MiB that came and went. The
 * thread begins with the first large blob.
 */
export function hashThread(): HashThread {
  let opened: Thread | undefined
  let lastId = 0

  return {
    async begin(file, size, algorithm) {
      opened ??= openThread(() => {
        opened = undefined
      })
      const { ask } = opened
      lastId += 1
      const id = lastId
      await ask({ kind: 'begin', id, file, size, algorithm })
      return {
        async update(pieces) {
          const owned = pieces.map(withOwnMemory)
          await ask(
            { kind: 'update', id, pieces: owned },
            owned.map(({ buffer }) => buffer),
          )
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
  /** @param memory that the thread gets */
  ask(order: Order, memory?: readonly ArrayBuffer[]): Promise<string | undefined>
  close(): Promise<void>
}

function openThread(onEnd: () => void): Thread {
  const worker = new Worker(new URL('./hash-worker.js', import.meta.url), {
    // Those of the process may be for its program alone, as `--input-type` is.
    execArgv: [],
  })
  const asked: { resolve: (result: string | undefined) => void; reject: (error: unknown) => void }[] = []
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

  return {
    ask(order, memory = []) {
      return new Promise((resolve, reject) => {
        // No answer would ever come.
        if (ended) throw ended.error
        worker.postMessage(order, memory)
        asked.push({ resolve, reject })
        worker.ref()
      })
    },
    async close() {
      await worker.terminate()
    },
  }
}

/** The piece itself where it is all of its memory, else a copy: others have the rest of it. */
function withOwnMemory(piece: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = piece
  const isAll = buffer instanceof ArrayBuffer && buffer.byteLength === piece.length
  return isAll ? new Uint8Array(buffer) : new Uint8Array(piece)
}
