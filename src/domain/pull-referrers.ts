import type { Digest } from '../rules/digest.ts'
import { eachAtMost } from '../rules/in-flight.ts'
import { UpstreamError } from '../upstream/upstream.ts'
import type { Domain } from './domain.ts'
import { Refused } from './errors.ts'
import type { ImageSource } from './image-source.ts'
import { importImage } from './import-image.ts'
import { importKey } from './imports.ts'
import { isDue, type Plan, type Pull, ruleToPullBy, sourceOf } from './pull-through.ts'
import { upstreamRefusal } from './upstream-refusal.ts'

/** Referrers of one subject that are fetched at once. */
const AT_ONCE = 3

/**
 * Fetches what refers to an image at the upstream, unless it was looked up within a day.
 *
 * @throws Refused UpstreamDenied, UpstreamThrottled, UpstreamUnavailable, UpstreamLoginMissing, StorageFull,
 *   QuotaExceeded and KmsRefused
 */
export async function pullReferrers(domain: Domain, pull: Pull, subject: Digest): Promise<void> {
  const reference = `referrers/${subject}`
  const plan = await planFor(domain, pull, reference)
  if (!plan) return
  const begin = async (): Promise<void> =>
    importReferrers(domain, await sourceOf(domain, pull.repository, plan.rule), subject, reference)
  try {
    const key = importKey(pull.repository, reference)
    await domain.imports.referrers.join(key, () => ({ done: begin() })).done
  } catch (error) {
    const refused = upstreamRefusal(error)
    if (!plan.isCached || !(refused instanceof Refused)) throw refused
  }
}

function planFor(domain: Domain, pull: Pull, reference: string): Promise<Plan | undefined> {
  return domain.database.read(async (tx) => {
    const { registry, repositoryName } = pull.repository
    const repository = await tx.repositories.find(registry, repositoryName)
    const checkedAt = repository && (await tx.upstreamChecks.checkedAt(repository.id, reference))
    if (!isDue(domain, checkedAt)) return undefined
    const rule = await ruleToPullBy(tx, domain, pull, repository)
    return rule && { rule, isCached: checkedAt !== undefined }
  })
}

async function importReferrers(
  domain: Domain,
  source: ImageSource,
  subject: Digest,
  reference: string,
): Promise<void> {
  const { registry, repositoryName } = source.repository
  const listed = await source.upstream.referrers(source.upstreamName, subject)
  await eachAtMost(AT_ONCE, listed, async (digest) => {
    const isHere = await domain.database.read(async (tx) => {
      const found = await tx.repositories.find(registry, repositoryName)
      return found !== undefined && (await tx.images.findByDigest(found.id, digest)) !== undefined
    })
    if (!isHere) await importImage(domain, source, { digest }).done.catch(unlessMissing)
  })
  await domain.database.write(async (tx) => {
    const found = await tx.repositories.find(registry, repositoryName)
    if (found) await tx.upstreamChecks.note(found.id, reference, domain.clock.now())
  })
}

/** Indexes under tags go on listing what was deleted: that is no reason to keep the others away. */
function unlessMissing(error: unknown): void {
  if (!(error instanceof UpstreamError) || error.failure !== 'missing') throw error
}
