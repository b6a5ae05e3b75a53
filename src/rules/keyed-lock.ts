/** Work of one process that must not overlap with other work under the same key. */
export interface KeyedLock {
  /** Runs `work` when all earlier work under `key` has ended, however it ended. */
  hold<Result>(key: string, work: () => Promise<Result>): Promise<Result>
  /** Whether work under `key` is under way, or waits. */
  isHeld(key: string): boolean
}

/** A lock that keeps nothing of keys that nobody holds. */
export function keyedLock(): KeyedLock {
  const tails = new Map<string, Promise<unknown>>()
  return {
    async hold(key, work) {
      const before = tails.get(key)
      const mine = (before ?? Promise.resolve()).then(work)
      const tail = mine.catch(() => undefined)
      tails.set(key, tail)
      try {
        return await mine
      } finally {
        if (tails.get(key) === tail) tails.delete(key)
      }
    },
    isHeld: (key) => tails.has(key),
  }
}
