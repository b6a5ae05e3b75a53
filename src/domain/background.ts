import type { Job, Lane } from '../store/database.ts'
import type { Domain } from './domain.ts'

/** Work that is done beside requests: jobs when they are due, and tasks that recur. */
export interface Background {
  /** Says that something may be due. */
  nudge(): void
  /** Resolves when nothing is due any more by the server's clock. */
  settle(): Promise<void>
  /** Resolves when nothing runs, and nothing will. */
  stop(): Promise<void>
}

/** Work that recurs. */
export interface Task {
  readonly everyMilliseconds: number
  /** @param signal aborts when the server stops: the rest is for another time */
  run(domain: Domain, signal: AbortSignal): Promise<void>
}

/** A job that failed is tried again after 1, 2, 4 … seconds, and is then given up. */
const MAX_ATTEMPTS = 5

/** After trouble with the store, as on a full disk, a worker looks again after so long. */
const PAUSE_MILLISECONDS = 5000

/** Node's timers wait no longer than 2^31 ms; the clock may be moved in between. */
const LONGEST_WAIT_MILLISECONDS = 60 * 60 * 1000

interface BackgroundOptions {
  readonly domain: () => Domain
  readonly tasks: readonly Task[]
  readonly isFrozen: () => boolean
  readonly onFault: (error: unknown) => void
}

/** A worker for each lane, so that a program that takes minutes over an image holds up no other work. */
export function background(options: BackgroundOptions): Background {
  const stopping = new AbortController()
  const workers = [
    worker('main', options, stopping.signal),
    worker('scans', { ...options, tasks: [] }, stopping.signal),
  ]
  const running = (): Promise<void>[] => workers.flatMap((one) => one.working() ?? [])
  const nudge = (): void => {
    for (const one of workers) one.nudge()
  }
  return {
    nudge,
    async settle() {
      nudge()
      // What one lane does may be work for the other.
      while (running().length > 0) await Promise.all(running())
    },
    async stop() {
      stopping.abort()
      for (const one of workers) one.sleep()
      await Promise.all(running())
    },
  }
}

interface Worker {
  nudge(): void
  /** Wakes up no more by itself. */
  sleep(): void
  /** What is under way. */
  working(): Promise<void> | undefined
}

/** Runs the jobs of one lane one after another, in the order in which they are due. */
function worker(
  lane: Lane,
  { domain, tasks, isFrozen, onFault }: BackgroundOptions,
  stopping: AbortSignal,
): Worker {
  const recurring = tasks.map((task) => ({ task, nextAt: 0 }))
  let working: Promise<void> | undefined
  let isNudged = false
  let timer: NodeJS.Timeout | undefined

  async function runTasks(): Promise<void> {
    for (const entry of recurring) {
      const now = domain().clock.now()
      // A clock that was put back must not hold a task up until it is where it was.
      const isToCome = entry.nextAt > now && entry.nextAt <= now + entry.task.everyMilliseconds
      if (stopping.aborted || isToCome) continue
      entry.nextAt = now + entry.task.everyMilliseconds
      await entry.task.run(domain(), stopping).catch(onFault)
    }
  }

  /** Runs what is due, and answers when the next job will be. */
  async function runJobs(): Promise<number> {
    const { database, clock } = domain()
    while (!stopping.aborted) {
      const job = await database.read((tx) => tx.jobs.next(lane))
      if (!job || job.dueAt > clock.now()) return job?.dueAt ?? Infinity
      await run(job)
    }
    return Infinity
  }

  async function run(job: Job): Promise<void> {
    const { database, clock } = domain()
    // A server without jobs does without their code.
    const { giveUpJob, runJob } = await import('./run-job.ts')
    try {
      await runJob(domain(), job)
      await database.write((tx) => tx.jobs.delete(job.id))
    } catch (error) {
      // Work that the end of the server cut short did not fail: it is done after the next start.
      if (stopping.aborted) return
      onFault(error)
      const again = clock.now() + 1000 * 2 ** job.attempts
      await database.write((tx) =>
        job.attempts + 1 < MAX_ATTEMPTS ? tx.jobs.postpone(job.id, again) : giveUpJob(tx, domain(), job),
      )
    }
  }

  async function work(): Promise<void> {
    let nextJobAt = Infinity
    do {
      isNudged = false
      await runTasks()
      nextJobAt = await runJobs()
    } while (isNudged && !stopping.aborted)
    if (!stopping.aborted) wakeAt(Math.min(nextJobAt, ...recurring.map(({ nextAt }) => nextAt)))
  }

  function wakeAt(time: number): void {
    clearTimeout(timer)
    if (time === Infinity || isFrozen()) return
    const wait = Math.max(0, time - domain().clock.now())
    wakeIn(Math.min(wait, LONGEST_WAIT_MILLISECONDS))
  }

  function wakeIn(milliseconds: number): void {
    clearTimeout(timer)
    timer = setTimeout(nudge, milliseconds)
    timer.unref()
  }

  function nudge(): void {
    isNudged = true
    if (stopping.aborted || working) return
    working = work()
      .catch((error: unknown) => {
        onFault(error)
        if (!stopping.aborted) wakeIn(PAUSE_MILLISECONDS)
      })
      .finally(() => {
        working = undefined
        // Something became due after the last look, while this work was still ending.
        if (isNudged) nudge()
      })
  }

  return { nudge, sleep: () => clearTimeout(timer), working: () => working }
}
