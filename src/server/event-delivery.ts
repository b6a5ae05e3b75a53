import { setTimeout as wait } from 'node:timers/promises'
import type { Domain } from '../domain/domain.ts'
import { envelopeOf } from '../domain/events.ts'
import { followedEvents } from '../domain/follow-events.ts'
import type { StoredEvent } from '../store/database.ts'
import type { EventTarget } from './event-targets.ts'

/** A target that does not answer has failed. */
const TIMEOUT_MILLISECONDS = 10_000

/** After a failure the same event is tried again after 0.5, 1, 2 … and at most 30 seconds, for ever. */
const FIRST_PAUSE_MILLISECONDS = 500
const LONGEST_PAUSE_MILLISECONDS = 30_000

/** A send under way when the server stops has this long to be answered, or else comes again. */
const GRACE_MILLISECONDS = 300

export interface EventDelivery {
  /** Resolves when nothing is sent any more. */
  stop(): Promise<void>
}

/**
 * Sends a target every event that comes after it was named for the first time: in order, each until it is taken, going
 * on after a restart where it was. An event whose answer was lost comes twice, with the same id.
 *
 * @param onFault is told of each failure
 */
export function deliverEvents(
  domain: Domain,
  target: EventTarget,
  onFault: (error: unknown) => void,
): EventDelivery {
  const { database } = domain
  const cursor = `events-delivered:${target.name}`
  const stopping = new AbortController()
  let failures = 0
  let cutOff: (() => void) | undefined

  async function run(): Promise<void> {
    while (!stopping.signal.aborted)
      try {
        // One by one: a reset may forget the ones that are next.
        const following = { after: await position(), limit: 1 }
        for await (const events of followedEvents(domain, following, stopping.signal))
          for (const event of events) await deliver(event)
      } catch (error) {
        // Of the target or of the store, as on a full disk: either may pass.
        if (!stopping.signal.aborted) await pauseAfter(error)
      }
  }

  async function position(): Promise<number> {
    return database.write(async (tx) => {
      const delivered = await tx.settings.get(cursor)
      if (delivered) return Number(delivered)
      const newest = await tx.events.lastSequence()
      await tx.settings.put(cursor, Buffer.from(String(newest)))
      return newest
    })
  }

  async function deliver(event: StoredEvent): Promise<void> {
    const sending = new AbortController()
    const late = setTimeout(
      () => sending.abort(new Error(`No answer within ${TIMEOUT_MILLISECONDS / 1000} seconds`)),
      TIMEOUT_MILLISECONDS,
    )
    cutOff = () => sending.abort()
    await target.send(envelopeOf(event), sending.signal).finally(() => clearTimeout(late))
    await database.write((tx) => tx.settings.put(cursor, Buffer.from(String(event.sequence))))
    failures = 0
  }

  async function pauseAfter(error: unknown): Promise<void> {
    onFault(error)
    const pause = Math.min(FIRST_PAUSE_MILLISECONDS * 2 ** failures, LONGEST_PAUSE_MILLISECONDS)
    failures += 1
    await wait(pause, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined)
  }

  const running = run()
  return {
    async stop() {
      stopping.abort()
      const cut = setTimeout(() => cutOff?.(), GRACE_MILLISECONDS)
      await running
      clearTimeout(cut)
    },
  }
}
