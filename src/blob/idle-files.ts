import type { FileHandle } from 'node:fs/promises'

/** So many uploads at most hold a file between their requests. */
const MAX_FILES = 64

/** Files that are open and in nobody's use: of most uploads the next request comes at once. */
export interface IdleFiles {
  /** Hands out a file, to be kept again or closed. */
  take(key: string): FileHandle | undefined
  keep(key: string, file: FileHandle): Promise<void>
  close(): Promise<void>
}

export function idleFiles(): IdleFiles {
  const files = new Map<string, FileHandle>()

  function take(key: string): FileHandle | undefined {
    const file = files.get(key)
    files.delete(key)
    return file
  }

  return {
    take,
    async keep(key, file) {
      await take(key)?.close()
      files.set(key, file)
      // The one that was kept first: a map's order.
      const [oldest] = files.keys()
      if (files.size > MAX_FILES && oldest !== undefined) await take(oldest)?.close()
    },
    async close() {
      await Promise.all([...files.keys()].map((key) => take(key)?.close()))
    },
  }
}
