import { type Digest, parseDigest } from '../rules/digest.ts'
import { isOciTag } from '../rules/names.ts'
import { CHECK_AGAIN_MILLISECONDS, upstreamNameOf } from '../rules/pull-through.ts'
import type { Registry } from '../rules/registry.ts'
import { isTagMutable } from '../rules/tag-mutability.ts'
import type { Image, PullThroughRule, Reads, Repository } from '../store/database.ts'
import { UpstreamError } from '../upstream/upstream.ts'
import { isAllowed } from './authorize.ts'
import { type Caller, type Domain, findRepository, inRepository, type RepositoryReference } from './domain.ts'
import { type NamedImage, type RefusalCode, Refused } from './errors.ts'
import type { ImageSource } from './image-source.ts'
import { importBlob } from './import-blob.ts'
import { type ImportReference, importImage } from './import-image.ts'
import { type BlobImport, type ImageImport, importKey } from './imports.ts'
import { messageOf } from './messages.ts'
import { openUpstream, ruleFor } from './pull-through-rule.ts'

/*
 * What a pull of something that is not here does where a rule says from which registry it comes (ECR user guide,
 * "Sync an upstream registry"). Without a rule, and without the permission to fetch, it does nothing: then what
 * is not here is not there.
 */

/** Who pulls, and from where. */
export interface Pull {
  readonly caller: Caller
  readonly repository: RepositoryReference
}

/** What there is to ask the upstream. */
interface Plan {
  readonly rule: PullThroughRule
  /** Whether something older is here, to make do with when the upstream fails. */
  readonly isCached: boolean
}

/**
 * Begins to fetch an image that is not here, or whose tag was last looked up more than a day ago; undefined when
 * there is nothing to fetch. Its manifest is here by then.
 *
 * @throws Refused ImageUnknown, UpstreamDenied, UpstreamThrottled, UpstreamUnavailable, UpstreamLoginMissing,
 *   QuotaExceeded and KmsRefused of the repository that is made for it
 */
export async function pullImage(
  domain: Domain,
  pull: Pull,
  named: NamedImage,
): Promise<ImageImport | undefined> {
  const reference = referenceTo(named)
  if (!reference) return undefined
  const plan = await domain.database.read((tx) => planForImage(tx, domain, pull, reference))
  if (!plan) return undefined
  try {
    const begun = importImage(domain, await sourceOf(domain, pull.repository, plan.rule), reference)
    // What is here is given up only for something that is here whole.
    await (plan.isCached ? begun.done : begun.manifest)
    return plan.isCached ? undefined : begun
  } catch (error) {
    const missing = new Refused('ImageUnknown', { ...inRepository(pull.repository), ...named })
    const refused = upstreamRefusal(error, missing)
    if (plan.isCached && isOfUpstream(refused)) return undefined
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

async function planForImage(
  tx: Reads,
  domain: Domain,
  pull: Pull,
  reference: ImportReference,
): Promise<Plan | undefined> {
  const { registry, repositoryName } = pull.repository
  const rule = await ruleFor(tx, registry, repositoryName)
  if (!rule) return undefined
  const repository = await tx.repositories.find(registry, repositoryName)
  const image = repository && (await lookUp(tx, repository, reference))
  if (image && !(await isStale(tx, domain, repository, image, reference))) return undefined
  return (await mayImport(tx, domain, pull, repository)) ? { rule, isCached: image !== undefined } : undefined
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
  { clock }: Domain,
  { id, imageTagMutability, exclusionFilters }: Repository,
  { status }: Image,
  reference: ImportReference,
): Promise<boolean> {
  if (!('tag' in reference) || status !== 'ACTIVE') return false
  if (!isTagMutable(reference.tag, imageTagMutability, exclusionFilters)) return false
  const checkedAt = await tx.upstreamChecks.checkedAt(id, reference.tag)
  return checkedAt !== undefined && checkedAt < clock.now() - CHECK_AGAIN_MILLISECONDS
}

/** IAM reference: a pull that fetches is these actions too, and the second makes the repository. */
async function mayImport(
  tx: Reads,
  { clock }: Domain,
  pull: Pull,
  repository: Repository | undefined,
): Promise<boolean> {
  const { caller, repository: reference } = pull
  const actions = ['ecr:BatchImportUpstreamImage', ...(repository ? [] : ['ecr:CreateRepository'])]
  const now = clock.now()
  for (const action of actions)
    if (!(await isAllowed(tx, { caller, action, now, ...reference }))) return false
  return true
}

async function sourceOf(
  domain: Domain,
  repository: RepositoryReference,
  rule: PullThroughRule,
): Promise<ImageSource> {
  const { registry, repositoryName } = repository
  const upstream = await openUpstream(domain, registry, rule).catch((error: unknown) => {
    if (!(error instanceof Refused)) throw error
    // The secret was good when the rule was made.
    throw new Refused('UpstreamLoginMissing', { reason: messageOf(error) }, { cause: error })
  })
  return { repository, rule, upstream, upstreamName: upstreamNameOf(rule, repositoryName) }
}

/**
 * What the upstream did, as ECR tells it; what lacks a part of an image that it has is out of order.
 *
 * @param missing what it means that the upstream has not what it was asked for
 */
function upstreamRefusal(
  error: unknown,
  missing = new Refused<RefusalCode>('UpstreamUnavailable', {}),
): unknown {
  if (!(error instanceof UpstreamError)) return error
  switch (error.failure) {
    case 'missing':
      return missing
    case 'denied':
      return new Refused('UpstreamDenied', {}, { cause: error })
    case 'throttled':
      return new Refused('UpstreamThrottled', {}, { cause: error })
    case 'unavailable':
      return new Refused('UpstreamUnavailable', {}, { cause: error })
  }
}

/**
 * Waits until an image or a blob is here whole.
 *
 * @throws Refused UpstreamDenied, UpstreamThrottled, UpstreamUnavailable
 */
export async function importEnded({ done }: ImageImport | BlobImport): Promise<void> {
  try {
    await done
  } catch (error) {
    throw upstreamRefusal(error)
  }
}

/**
 * Begins to fetch a blob of an image that is on its way, or was when the server stopped; undefined when the
 * upstream has none either, or there is none to ask.
 *
 * @throws Refused RepositoryUnknown, UpstreamDenied, UpstreamThrottled, UpstreamUnavailable, UpstreamLoginMissing
 */
export async function pullLayer(domain: Domain, pull: Pull, digest: Digest): Promise<BlobImport | undefined> {
  const rule = await domain.database.read(async (tx) => {
    const { registry, repositoryName } = pull.repository
    const repository = await findRepository(tx, pull.repository)
    const rule = await ruleFor(tx, registry, repositoryName)
    return rule && (await mayImport(tx, domain, pull, repository)) ? rule : undefined
  })
  if (!rule) return undefined
  const begun = importBlob(domain, await sourceOf(domain, pull.repository, rule), digest)
  try {
    await begun.begun
    return begun
  } catch (error) {
    if (error instanceof UpstreamError && error.failure === 'missing') return undefined
    throw upstreamRefusal(error)
  }
}

/**
 * Fetches what refers to an image at the upstream, unless it was looked up within a day.
 *
 * @throws Refused UpstreamDenied, UpstreamThrottled, UpstreamUnavailable, UpstreamLoginMissing, QuotaExceeded
 */
export async function pullReferrers(domain: Domain, pull: Pull, subject: Digest): Promise<void> {
  const reference = `referrers/${subject}`
  const plan = await domain.database.read(async (tx): Promise<Plan | undefined> => {
    const { registry, repositoryName } = pull.repository
    const rule = await ruleFor(tx, registry, repositoryName)
    if (!rule) return undefined
    const repository = await tx.repositories.find(registry, repositoryName)
    const checkedAt = repository && (await tx.upstreamChecks.checkedAt(repository.id, reference))
    if (checkedAt !== undefined && checkedAt >= domain.clock.now() - CHECK_AGAIN_MILLISECONDS)
      return undefined
    return (await mayImport(tx, domain, pull, repository))
      ? { rule, isCached: checkedAt !== undefined }
      : undefined
  })
  if (!plan) return
  try {
    await domain.imports.referrers.join(importKey(pull.repository, reference), () => ({
      done: importReferrers(domain, pull.repository, plan.rule, subject, reference),
    })).done
  } catch (error) {
    const refused = upstreamRefusal(error)
    if (!plan.isCached || !isOfUpstream(refused)) throw refused
  }
}

/** Whether a refusal is the upstream's fault, or that of the login there. */
export function isOfUpstream(error: unknown): error is Refused {
  return error instanceof Refused && OF_UPSTREAMS.includes(error.code)
}

const OF_UPSTREAMS: readonly RefusalCode[] = [
  'ImageUnknown',
  'UpstreamDenied',
  'UpstreamThrottled',
  'UpstreamUnavailable',
  'UpstreamLoginMissing',
]

async function importReferrers(
  domain: Domain,
  repository: RepositoryReference,
  rule: PullThroughRule,
  subject: Digest,
  reference: string,
): Promise<void> {
  const source = await sourceOf(domain, repository, rule)
  const { registry, repositoryName } = repository
  for (const digest of await source.upstream.referrers(source.upstreamName, subject)) {
    const isHere = await domain.database.read(async (tx) => {
      const found = await tx.repositories.find(registry, repositoryName)
      return found !== undefined && (await tx.images.findByDigest(found.id, digest)) !== undefined
    })
    if (!isHere) await importImage(domain, source, { digest }).done
  }
  await domain.database.write(async (tx) => {
    const found = await tx.repositories.find(registry, repositoryName)
    if (found) await tx.upstreamChecks.note(found.id, reference, domain.clock.now())
  })
}

/** What keeps images of a rule's upstream away, if anything does. */
export async function checkUpstream(
  domain: Domain,
  registry: Registry,
  rule: PullThroughRule,
): Promise<Refused | undefined> {
  try {
    const upstream = await openUpstream(domain, registry, rule)
    await upstream.ping()
    return undefined
  } catch (error) {
    const refused = upstreamRefusal(error)
    if (!(refused instanceof Refused)) throw refused
    return refused
  }
}
