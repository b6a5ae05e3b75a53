import { setImmediate } from 'node:timers/promises'
import type { Steps } from '../lifecycle/evaluate.ts'

/** Does work to its end, and lets others have their turn after each step. */
export async function inTurns<Result>(steps: Steps<Result>): Promise<Result> {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
    await setImmediate()
  }
}
