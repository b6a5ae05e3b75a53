import type { Job } from '../store/database.ts'
import { deleteReferrers } from './delete-referrers.ts'
import type { Domain } from './domain.ts'
import type { JobHandler, JobKind } from './jobs.ts'
import { signImage } from './sign-image.ts'

const handlers: { readonly [Kind in JobKind]: JobHandler<Kind> } = {
  deleteReferrers,
  signImage,
}

/** Does the work of one job. A kind that nobody knows is of another version: it throws, and is given up. */
export async function runJob(domain: Domain, { kind, registry, payload }: Job): Promise<void> {
  const handler = handlers[kind as JobKind] as JobHandler<JobKind> | undefined
  if (!handler) throw new Error(`There is no job ${kind}`)
  await handler(domain, registry, payload as never)
}
