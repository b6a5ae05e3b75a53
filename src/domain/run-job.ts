import type { Registry } from '../rules/registry.ts'
import type { Job, Writes } from '../store/database.ts'
import { applyScanning } from './continuous-scan.ts'
import { deleteReferrers } from './delete-referrers.ts'
import type { Domain } from './domain.ts'
import type { JobHandler, JobKind, JobPayloads } from './jobs.ts'
import { finishPreview } from './preview-lifecycle.ts'
import { replicateDeletion } from './replicate-deletion.ts'
import { giveUpPush, replicatePush } from './replicate-push.ts'
import {
  forgetBackfill,
  giveUpItem,
  giveUpPreparation,
  prepareBackfill,
  runBackfill,
} from './run-backfill.ts'
import { giveUpScan, scanImage } from './scan-image.ts'
import { signImage } from './sign-image.ts'
import { finishActivation } from './storage-class.ts'

const handlers: { readonly [Kind in JobKind]: JobHandler<Kind> } = {
  applyScanning,
  activateImage: finishActivation,
  deleteReferrers,
  forgetBackfill,
  prepareBackfill,
  replicateDeletion,
  replicateImage: replicatePush,
  runBackfill,
  previewLifecycle: finishPreview,
  scanImage,
  signImage,
}

/** Does the work of one job. A kind that nobody knows is of another version: it throws, and is given up. */
export async function runJob(domain: Domain, { kind, registry, payload }: Job): Promise<void> {
  const handler = handlers[kind as JobKind] as JobHandler<JobKind> | undefined
  if (!handler) throw new Error(`There is no job ${kind}`)
  await handler(domain, registry, payload as never)
}

/** What somebody who waits for a job is told when it is given up. */
const givingUp: {
  readonly [Kind in JobKind]?: (
    tx: Writes,
    domain: Domain,
    registry: Registry,
    payload: JobPayloads[Kind],
  ) => Promise<void>
} = {
  prepareBackfill: giveUpPreparation,
  replicateImage: giveUpPush,
  runBackfill: giveUpItem,
  scanImage: giveUpScan,
}

/** Ends a job that failed too often. */
export async function giveUpJob(tx: Writes, domain: Domain, job: Job): Promise<void> {
  await tx.jobs.delete(job.id)
  await givingUp[job.kind as JobKind]?.(tx, domain, job.registry, job.payload as never)
}
