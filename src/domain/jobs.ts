import type { Registry } from '../rules/registry.ts'
import type { Writes } from '../store/database.ts'
import type { Domain } from './domain.ts'

/** What there is to do beside requests, by kind, and what each has to know. */
export interface JobPayloads {
  /** The subject of these referrers was deleted. */
  deleteReferrers: { repositoryName: string; subject: string }
  /** An image was pushed that a rule wants signed. */
  signImage: { repositoryName: string; imageDigest: string; signingProfileArn: string }
}

export type JobKind = keyof JobPayloads

/** A handler may be called again for the same job: after a crash, or after it threw. */
export type JobHandler<Kind extends JobKind> = (
  domain: Domain,
  registry: Registry,
  payload: JobPayloads[Kind],
) => Promise<void>

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
