import type { Router } from 'express'
import { z } from 'zod'
import type { MovableClock } from '../domain/clock.ts'
import type { Domain } from '../domain/domain.ts'
import { setClock } from '../domain/set-clock.ts'
import { addDuration } from '../rules/duration.ts'
import { UnusableRequest } from './errors.ts'

/** What `POST /_ecr-local/clock` takes; members that are given are done in this order. */
const clockBody = z.strictObject({
  reset: z.boolean().optional(),
  now: z.string().optional(),
  frozen: z.boolean().optional(),
  advance: z.string().optional(),
})

/** A day, or a time with its zone: by JavaScript's own reading any text with a number in it is a time. */
const time = z.union([z.iso.datetime({ offset: true }), z.iso.date()])

export type ClockChange = z.output<typeof clockBody>

export interface ClockView {
  /** ISO 8601. */
  readonly now: string
  readonly frozen: boolean
}

/** Beyond these, times have no four digits for their year, or are before the epoch that AWS counts from. */
const FIRST = 0
const LAST = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/**
 * Moves or stops the server's clock; what became due is done before it resolves.
 *
 * @throws UnusableRequest
 */
export async function changeClock(
  { database, background }: Domain,
  clock: MovableClock,
  change: ClockChange,
): Promise<ClockView> {
  const { reset, now, frozen, advance } = change
  const base = now === undefined ? undefined : parseTime(now)
  // Without any member it only waits.
  if (Object.keys(change).length > 0)
    await setClock(database, clock, {
      isReset: reset,
      isFrozen: frozen,
      move: (from) => advanced(base ?? from, advance),
    })
  await background.settle()
  return viewOf(clock)
}

function parseTime(text: string): number {
  if (time.safeParse(text).success) return Date.parse(text)
  throw new UnusableRequest(`"now" is a time such as "2027-01-01T00:00:00Z"; got "${text}"`)
}

function advanced(from: number, duration = 'PT0S'): number {
  const to = addDuration(from, duration)
  if (to === undefined)
    throw new UnusableRequest(
      `"advance" is a duration of ISO 8601 such as "P30D" or "PT12H"; got "${duration}"`,
    )
  if (to >= FIRST && to <= LAST) return to
  throw new UnusableRequest('The clock tells the years from 1970 to 9999')
}

export function clockRoutes(router: Router, clock: MovableClock, domain: Domain): void {
  router.get('/_ecr-local/clock', (_request, response) => {
    response.json(viewOf(clock))
  })
  router.post('/_ecr-local/clock', async (request, response) => {
    response.json(await changeClock(domain, clock, clockBody.parse(request.body ?? {})))
  })
}

function viewOf(clock: MovableClock): ClockView {
  const { now, isFrozen } = clock.state()
  return { now: new Date(now).toISOString(), frozen: isFrozen }
}
