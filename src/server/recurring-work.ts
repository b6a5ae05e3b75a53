import type { Task } from '../domain/background.ts'
import { rescanDaily } from '../domain/continuous-scan.ts'
import type { Domain } from '../domain/domain.ts'
import { dropOldPreviews } from '../domain/preview-lifecycle.ts'
import { runLifecycle } from '../domain/run-lifecycle.ts'
import { sweep } from '../domain/sweep.ts'

const HOUR_MILLISECONDS = 60 * 60 * 1000

/** What recurs; lifecycle policies before bytes are collected that nobody owns. */
export const recurringWork: readonly Task[] = [
  (domain: Domain, signal: AbortSignal) => runLifecycle(domain, { signal }),
  (domain: Domain) => dropOldPreviews(domain),
  (domain: Domain) => rescanDaily(domain),
  (domain: Domain, signal: AbortSignal) => sweep(domain, { signal }),
].map((work) => ({
  everyMilliseconds: HOUR_MILLISECONDS,
  run: async (domain, signal) => void (await work(domain, signal)),
}))
