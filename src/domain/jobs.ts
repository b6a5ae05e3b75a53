import type { Registry } from '../rules/registry.ts'
import type { Job, Writes } from '../store/database.ts'
import { deleteReferrers } from './delete-referrers.ts'
import type { Domain } from './domain.ts'

/** What there is to do beside requests, by kind, and what each has to know. */
export interface JobPayloads {
  /** The subject of these referrers was deleted. */
  deleteReferrers: { repositoryName: string; subject: string }
}

export type JobKind = keyof JobPayloads

/** A handler may be called again for the same job: after a crash, or after it threw. */
export type JobHandler<Kind extends JobKind> = (
  domain: Domain,
  registry: Registry,
  payload: JobPayloads[Kind],
) => Promise<void>

const handlers: { readonly [Kind in JobKind]: JobHandler<Kind> } = {
  deleteReferrers,
}

/** Has work done once `tx` is durable and the server's clock has come to `dueAt` (epoch milliseconds). */
export async function enqueue<Kind extends JobKind>(
  tx: Writes,
  { background }: Domain,
  kind: Kind,
  job: { registry: Registry; payload: JobPayloads[Kind]; dueAt: number },
): Promise<void> {
  await tx.jobs.insert({ kind, ...job })
  tx.afterCommit(() => background.nudge())
}

/** Does the work of one job. A kind that nobody knows is of another version: it throws, and is given up. */
export async function runJob(domain: Domain, { kind, registry, payload }: Job): Promise<void> {
  const handler = handlers[kind as JobKind] as JobHandler<JobKind> | undefined
  if (!handler) throw new Error(`There is no job ${kind}`)
  await handler(domain, registry, payload as never)
}
