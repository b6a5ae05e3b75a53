import type { Task } from '../domain/background.ts'
import type { Domain } from '../domain/domain.ts'

const HOUR_MILLISECONDS = 60 * 60 * 1000

/**
 * What recurs; lifecycle policies before bytes are collected that nobody owns. It is loaded when it is done for the
 * first time, which is once the server listens.
 */
export const recurringWork: readonly Task[] = [
  async (domain: Domain, signal: AbortSignal) =>
    (await import('../domain/run-lifecycle.ts')).runLifecycle(domain, { signal }),
  async (domain: Domain) => (await import('../domain/preview-lifecycle.ts')).dropOldPreviews(domain),
  async (domain: Domain) => (await import('../domain/continuous-scan.ts')).rescanDaily(domain),
  async (domain: Domain, signal: AbortSignal) =>
    (await import('../domain/sweep.ts')).sweep(domain, { signal }),
].map((work) => ({
  everyMilliseconds: HOUR_MILLISECONDS,
  run: async (domain, signal) => void (await work(domain, signal)),
}))
