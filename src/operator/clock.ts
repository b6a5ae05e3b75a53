import type { Router } from 'express'
import { z } from 'zod'
import type { Background } from '../domain/background.ts'
import type { MovableClock } from '../domain/clock.ts'
import { addDuration } from '../rules/duration.ts'
import { UnusableRequest } from './errors.ts'

/** What `POST /_ecr-local/clock` takes; members that are given are done in this order. */
const clockBody = z.strictObject({
  reset: z.boolean().optional(),
  now: z.string().optional(),
  frozen: z.boolean().optional(),
  advance: z.string().optional(),
})

export type ClockChange = z.output<typeof clockBody>

export interface ClockView {
  /** ISO 8601. */
  readonly now: string
  readonly frozen: boolean
}

/**
 * Moves or stops the server's clock; what became due is done before it resolves.
 *
 * @throws UnusableRequest
 */
export async function changeClock(
  clock: MovableClock,
  background: Background,
  { reset, now, frozen, advance }: ClockChange,
): Promise<ClockView> {
  const base = now === undefined ? undefined : Date.parse(now)
  if (Number.isNaN(base))
    throw new UnusableRequest(`"now" is a time such as "2027-01-01T00:00:00Z"; got "${now}"`)
  const target = advance === undefined ? base : addDuration(base ?? clock.now(), advance)
  if (advance !== undefined && target === undefined)
    throw new UnusableRequest(
      `"advance" is a duration of ISO 8601 such as "P30D" or "PT12H"; got "${advance}"`,
    )

  if (reset) clock.reset()
  if (frozen !== undefined) clock.freeze(frozen)
  if (target !== undefined) clock.set(target)
  await background.settle()
  return viewOf(clock)
}

export function clockRoutes(router: Router, clock: MovableClock, background: Background): void {
  router.get('/_ecr-local/clock', (_request, response) => {
    response.json(viewOf(clock))
  })
  router.post('/_ecr-local/clock', async (request, response) => {
    response.json(await changeClock(clock, background, clockBody.parse(request.body ?? {})))
  })
}

function viewOf(clock: MovableClock): ClockView {
  const { now, isFrozen } = clock.state()
  return { now: new Date(now).toISOString(), frozen: isFrozen }
}
