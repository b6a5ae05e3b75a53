import { parseDigest } from '../rules/digest.ts'
import { isOciTag } from '../rules/names.ts'
import { isTagMutable } from '../rules/tag-mutability.ts'
import type { Image, Reads, Repository } from '../store/database.ts'
import { type Domain, inRepository } from './domain.ts'
import { type NamedImage, Refused } from './errors.ts'
import { type ImportReference, importImage } from './import-image.ts'
import type { ImageImport } from './imports.ts'
import { isDue, type Plan, type Pull, ruleToPullBy, sourceOf } from './pull-through.ts'
import { upstreamRefusal } from './upstream-refusal.ts'

/**
 * Begins to fetch an image that is not here, or whose tag was last looked up more than a day ago; undefined when
 * there is nothing to fetch. Its manifest is here by then.
 *
 * @throws Refused ImageUnknown, UpstreamDenied, UpstreamThrottled, UpstreamUnavailable, UpstreamLoginMissing,
 *   StorageFull, QuotaExceeded and KmsRefused of the repository that is made for it
 */
export async function pullImage(
  domain: Domain,
  pull: Pull,
  named: NamedImage,
): Promise<ImageImport | undefined> {
  const reference = referenceTo(named)
  if (!reference) return undefined
  const plan = await domain.database.read((tx) => planFor(tx, domain, pull, reference))
  if (!plan) return undefined
  try {
    const begun = importImage(domain, await sourceOf(domain, pull.repository, plan.rule), reference)
    // What is here is given up only for something that is here whole.
    await (plan.isCached ? begun.done : begun.manifest)
    return plan.isCached ? undefined : begun
  } catch (error) {
    const missing = new Refused('ImageUnknown', { ...inRepository(pull.repository), ...named })
    const refused = upstreamRefusal(error, missing)
    if (plan.isCached && refused instanceof Refused) return undefined
    throw refused
  }
}

/** The digest, where both are given; undefined for what no registry could have. */
function referenceTo({ imageDigest, imageTag }: NamedImage): ImportReference | undefined {
  if (imageDigest === undefined)
    return imageTag !== undefined && isOciTag(imageTag) ? { tag: imageTag } : undefined
  const digest = parseDigest(imageDigest)
  return digest && { digest }
}

async function planFor(
  tx: Reads,
  domain: Domain,
  pull: Pull,
  reference: ImportReference,
): Promise<Plan | undefined> {
  const { registry, repositoryName } = pull.repository
  const repository = await tx.repositories.find(registry, repositoryName)
  const image = repository && (await lookUp(tx, repository, reference))
  if (image && !(await isStale(tx, domain, repository, image, reference))) return undefined
  const rule = await ruleToPullBy(tx, domain, pull, repository)
  return rule && { rule, isCached: image !== undefined }
}

function lookUp(tx: Reads, { id }: Repository, reference: ImportReference): Promise<Image | undefined> {
  const { images } = tx
  return 'tag' in reference ? images.findByTag(id, reference.tag) : images.findByDigest(id, reference.digest)
}

/**
 * Whether the upstream may have moved a tag. Content never changes; tags that somebody pushed, that can't be moved,
 * or whose image is in the archive, stay as they are.
 */
async function isStale(
  tx: Reads,
  domain: Domain,
  { id, imageTagMutability, exclusionFilters }: Repository,
  { status }: Image,
  reference: ImportReference,
): Promise<boolean> {
  if (!('tag' in reference) || status !== 'ACTIVE') return false
  if (!isTagMutable(reference.tag, imageTagMutability, exclusionFilters)) return false
  const checkedAt = await tx.upstreamChecks.checkedAt(id, reference.tag)
  return checkedAt !== undefined && isDue(domain, checkedAt)
}
