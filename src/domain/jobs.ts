import type { Registry } from '../rules/registry.ts'
import type { ScanningConfiguration, ScanType } from '../rules/scanning.ts'
import type { Lane, Writes } from '../store/database.ts'
import type { Domain } from './domain.ts'

/** What there is to do beside requests, by kind, and what each has to know. */
export interface JobPayloads {
  /** How images of the registry are scanned has changed. */
  applyScanning: { previous: ScanningConfiguration; configuration: ScanningConfiguration }
  /** The subject of these referrers was deleted. */
  deleteReferrers: { repositoryName: string; subject: string }
  /** An image was asked back from the archive. `activatedAt` in epoch milliseconds. */
  activateImage: { repositoryName: string; imageDigest: string; activatedAt: number }
  /** A preview of a lifecycle policy was asked for. */
  previewLifecycle: { repositoryName: string }
  /** An image was pushed to a repository that is replicated. */
  replicateImage: {
    repositoryName: string
    destination: Registry
    imageDigest: string
    imageTag?: string | undefined
  }
  /** An image, or only a tag of it, was deleted from a repository whose deletions are replicated. */
  replicateDeletion: JobPayloads['replicateImage']
  /** A backfill has to find out what there is to copy. */
  prepareBackfill: { replicationBackfillId: string }
  /** A backfill has images to copy. */
  runBackfill: { replicationBackfillId: string }
  /** A backfill ended so long ago that it is described no longer. */
  forgetBackfill: { replicationBackfillId: string }
  /** An image waits to be scanned, or to be scanned again. */
  scanImage: { repositoryName: string; imageDigest: string; scanType: ScanType }
  /** An image was pushed that a rule wants signed. */
  signImage: { repositoryName: string; imageDigest: string; signingProfileArn: string }
}

export type JobKind = keyof JobPayloads

/** Kinds that other work must not wait for: a scanner may take minutes over one image. */
const LANES: { readonly [Kind in JobKind]?: Lane } = { scanImage: 'scans' }

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
  await tx.jobs.insert({ kind, lane: LANES[kind] ?? 'main', ...job })
  tx.afterCommit(() => background.nudge())
}
