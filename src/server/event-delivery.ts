import { setTimeout as wait } from 'node:timers/promises'
import type { Domain } from '../domain/domain.ts'
import { envelopeOf } from '../domain/events.ts'
import type { StoredEvent } from '../store/database.ts'
import type { EventTarget } from './event-targets.ts'

/** A target that does not answer has failed. */
const TIMEOUT_MILLISECONDS = 10_000

/** After a failure the same event is tried again after 0.5, 1, 2 … and at most 30 seconds, for ever. */
const FIRST_PAUSE_MILLISECONDS = 500
const LONGEST_PAUSE_MILLISECONDS = 30_000

/** A send under way when the server stops has this long to be answered, or else comes again. */
const GRACE_MILLISECONDS = 300

const PAGE = 100

export interface EventDelivery {
  /** Resolves when nothing is sent any more. */
  stop(): Promise<void>
}

/**
 * Sends every event to a target: in order, each until it is taken, going on after a restart where it was. An
 * event whose answer was lost comes twice, with the same id.
 *
 * @param onFault is told of each failure
 */
export function deliverEvents(
  domain: Domain,
  target: EventTarget,
  onFault: (error: unknown) => void,
): EventDelivery {
  const { database, eventsChanged } = domain
  const cursor = `events-delivered:${target.name}`
  const stopping = new AbortController()
  const cutting = new AbortController()
  let failures = 0
  let isNotified = true
  let wake: (() => void) | undefined
  const unsubscribe = eventsChanged.subscribe(() => {
    isNotified = true
    wake?.()
  })

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      isNotified = false
      const events = await pending()
      await sendInOrder(events)
      if (events.length === 0 && !isNotified) await notification()
    }
  }

  async function sendInOrder(events: readonly StoredEvent[]): Promise<void> {
    for (const event of events) {
      if (stopping.signal.aborted || !(await isTaken(event))) return
      await database.write((tx) => tx.settings.put(cursor, Buffer.from(String(event.sequence))))
    }
  }

  async function pending(): Promise<StoredEvent[]> {
    return database.read(async (tx) => {
      const after = Number((await tx.settings.get(cursor))?.toString() ?? 0)
      return tx.events.list({ after, limit: PAGE })
    })
  }

  function notification(): Promise<void> {
    return new Promise((resolve) => {
      wake = resolve
    })
  }

  async function isTaken(event: StoredEvent): Promise<boolean> {
    try {
      const signal = AbortSignal.any([cutting.signal, AbortSignal.timeout(TIMEOUT_MILLISECONDS)])
      await target.send(envelopeOf(event), signal)
      failures = 0
      return true
    } catch (error) {
      if (stopping.signal.aborted) return false
      onFault(error)
      const pause = Math.min(FIRST_PAUSE_MILLISECONDS * 2 ** failures, LONGEST_PAUSE_MILLISECONDS)
      failures += 1
      await wait(pause, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined)
      return false
    }
  }

  const running = run().catch(onFault)
  return {
    async stop() {
      unsubscribe()
      stopping.abort()
      wake?.()
      const cut = setTimeout(() => cutting.abort(), GRACE_MILLISECONDS)
      await running
      clearTimeout(cut)
    },
  }
}
