import { type Digest, parseDigest } from '../rules/digest.ts'
import { type Registry, registryKey } from '../rules/registry.ts'
import type { Writes } from '../store/database.ts'
import type { Domain } from './domain.ts'
import type { JobPayloads } from './jobs.ts'
import { noteFailure, type Outcome, replicateImage } from './replicate-image.ts'
import { INTERNAL_ERROR } from './replication.ts'
import { findSource, type Route } from './replication-route.ts'

/** The job of one image for one destination. What refers to the image comes after it. */
export async function replicatePush(
  domain: Domain,
  source: Registry,
  { repositoryName, destination, imageDigest, imageTag }: JobPayloads['replicateImage'],
): Promise<void> {
  const digest = parseDigest(imageDigest)
  if (!digest) return
  const route = { source, repositoryName, destination }
  const done = new Map<Digest, Outcome>()
  await replicateImage(domain, route, { digest, tag: imageTag }, done)
  // Grows while it goes: what refers to a referrer comes too.
  for (const subject of done.keys())
    for await (const referrer of referrersOf(domain, route, subject))
      if (!done.has(referrer)) await replicateImage(domain, route, { digest: referrer }, done)
}

/** What is left to do when the job failed too often: perhaps only for what refers to the image. */
export async function giveUpPush(
  tx: Writes,
  domain: Domain,
  source: Registry,
  { repositoryName, destination, imageDigest, imageTag }: JobPayloads['replicateImage'],
): Promise<void> {
  const digest = parseDigest(imageDigest)
  const route = { source, repositoryName, destination }
  const { image } = digest ? await findSource(tx, route, digest) : {}
  const statuses = image ? await tx.replicationStatuses.ofImage(image.id) : []
  const own = statuses.find((status) => registryKey(status.destination) === registryKey(destination))
  if (digest && own?.status === 'IN_PROGRESS')
    await noteFailure(tx, domain, route, { digest, tag: imageTag }, INTERNAL_ERROR)
}

const PAGE = 100

/** What refers to an image here, of what can be pulled. */
async function* referrersOf(domain: Domain, route: Route, subject: Digest): AsyncGenerator<Digest> {
  let after = 0
  for (;;) {
    const page = await domain.database.read(async (tx) => {
      const { repository, image } = await findSource(tx, route, subject)
      if (!repository || !image) return []
      return tx.images.listReferrers(repository.id, subject, { status: 'ACTIVE' }, { after, limit: PAGE })
    })
    for (const { digest } of page) yield digest
    if (page.length < PAGE) return
    after = page.at(-1)?.id ?? after
  }
}
