/** Work of one process that is under way, by key: whoever wants the same joins it. */
export interface InFlight<Work extends { readonly done: Promise<unknown> }> {
  /** The work under `key`, begun unless it is under way. */
  join(key: string, begin: () => Work): Work
  /** Whether anything is under way below keys with the prefix. */
  isUnderWay(prefix: string): boolean
  /** Resolves when all that is under way now, below keys with the prefix, has ended, however it ended. */
  settle(prefix?: string): Promise<void>
}

/** @param onEnd is told how each work ended badly; whoever waits for it is told besides */
export function inFlight<Work extends { readonly done: Promise<unknown> }>(
  onEnd: (error: unknown) => void,
): InFlight<Work> {
  const works = new Map<string, Work>()
  return {
    join(key, begin) {
      const known = works.get(key)
      if (known) return known
      const work = begin()
      works.set(key, work)
      work.done.catch(onEnd).finally(() => works.delete(key))
      return work
    },
    isUnderWay: (prefix) => [...works.keys()].some((key) => key.startsWith(prefix)),
    async settle(prefix = '') {
      const below = [...works].filter(([key]) => key.startsWith(prefix))
      await Promise.allSettled(below.map(([, { done }]) => done))
    },
  }
}

/**
 * Does `work` for each item, for `limit` of them at once. After a failure no other is begun; it is told when those
 * that were have ended.
 */
export async function eachAtMost<Item>(
  limit: number,
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  const waiting = [...items]
  const worker = async (): Promise<void> => {
    try {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
    } catch (error) {
      waiting.length = 0
      throw error
    }
  }
  for (const end of await Promise.allSettled(Array.from({ length: limit }, worker)))
    if (end.status === 'rejected') throw end.reason
}
