import { setImmediate } from 'node:timers/promises'
import type { StoredEvent } from '../store/database.ts'
import type { Domain } from './domain.ts'

interface Following {
  /** The sequence of the last event that is known. */
  readonly after: number
  /** At most so many events are read at once. */
  readonly limit: number
}

/** Pages of the events that are there, oldest first; between them others have their turn. */
export async function* listedEvents(
  { database }: Domain,
  { after, limit }: Following,
): AsyncGenerator<StoredEvent[]> {
  let position = after
  for (;;) {
    const page = await database.read((tx) => tx.events.list({ after: position, limit }))
    if (page.length === 0) return
    yield page
    position = page.at(-1)?.sequence ?? position
    await setImmediate()
  }
}

/** Pages of the events that are there and of those that come, until `signal` aborts. */
export async function* followedEvents(
  domain: Domain,
  { after, limit }: Following,
  signal: AbortSignal,
): AsyncGenerator<StoredEvent[]> {
  let isChanged = true
  let wake: (() => void) | undefined
  const note = (): void => {
    isChanged = true
    wake?.()
  }
  const unsubscribe = domain.eventsChanged.subscribe(note)
  signal.addEventListener('abort', note)
  try {
    let position = after
    while (!signal.aborted) {
      isChanged = false
      for await (const page of listedEvents(domain, { after: position, limit })) {
        position = page.at(-1)?.sequence ?? position
        yield page
        if (signal.aborted) return
      }
      if (!isChanged)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  } finally {
    unsubscribe()
    signal.removeEventListener('abort', note)
  }
}
