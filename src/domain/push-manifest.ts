import { type Digest, type DigestAlgorithm, digestOf } from '../rules/digest.ts'
import { MAX_MANIFEST_BYTES, type ManifestFacts, NotAManifest, readManifest } from '../rules/manifest.ts'
import { isMediaType } from '../rules/media-types.ts'
import { isImageTag } from '../rules/names.ts'
import { isTagMutable } from '../rules/tag-mutability.ts'
import type { Image, Reads, Repository, Writes } from '../store/database.ts'
import { repositoryToPush } from './create-on-push.ts'
import { type Caller, type Domain, inRepository, type RepositoryReference } from './domain.ts'
import { Refused } from './errors.ts'
import { imagePushed } from './image-pushed.ts'
import { activateImage } from './storage-class.ts'

export interface PushedManifest {
  readonly bytes: Uint8Array
  /** From the Content-Type header or `imageManifestMediaType`; else the manifest must say it itself. */
  readonly mediaType: string | undefined
  readonly tag: string | undefined
  /** Further tags, all of which the image gets, or none (distribution-spec end-7b). */
  readonly moreTags?: readonly string[]
  /** What the caller says that the digest is. */
  readonly digest: string | undefined
  /** Of the digest that the image gets: of sha256 unless told otherwise, the one that ECR computes. */
  readonly digestAlgorithm?: DigestAlgorithm
  /** What pushing an image again under the tag that it has means. */
  readonly existing: 'refuse' | 'accept'
  /** For whom the repository is made when it is missing and a creation template says so; else for nobody. */
  readonly pusher?: Caller | undefined
  /** What else is to change in the same transaction. */
  readonly alongside?: (tx: Writes, repository: Repository) => Promise<void>
}

/**
 * Stores a manifest: the only way in which an image comes to be. The checks come in ECR's order (guess, as
 * no source tells it): JSON, digest, layers, referenced images, immutability, existence.
 *
 * @throws Refused RepositoryUnknown, TagInvalid, ManifestInvalid, ManifestTooLarge, ManifestMediaTypeMissing,
 *   ManifestMediaTypeMismatch, ManifestDigestMismatch, LayersMissing, ReferencedImagesMissing, TagImmutable,
 *   ImageExists, QuotaExceeded
 */
export async function pushManifest(
  domain: Domain,
  reference: RepositoryReference,
  manifest: PushedManifest,
): Promise<Image> {
  // Read before the transaction, reported inside it: a missing repository comes first.
  const read = attempt(() => readPushed(manifest))
  return domain.database.write(async (tx) => {
    const repository = await repositoryToPush(tx, domain, reference, manifest.pusher)
    if ('failure' in read) throw read.failure
    await manifest.alongside?.(tx, repository)
    let image = await storeAs(tx, domain, repository, manifest, read.result, manifest.tag)
    for (const tag of manifest.moreTags ?? [])
      image = await storeAs(tx, domain, repository, manifest, read.result, tag)
    return image
  })
}

/** Stores a manifest under one tag, or none. */
async function storeAs(
  tx: Writes,
  domain: Domain,
  repository: Repository,
  { bytes, existing }: PushedManifest,
  { facts, mediaType, digest }: ReadManifest,
  tag: string | undefined,
): Promise<Image> {
  const reference = { registry: repository.registry, repositoryName: repository.name }
  const sizeOfBlobs = await checkLayers(tx, repository, reference, facts)
  const children = await checkChildren(tx, repository, reference, facts)
  const tagged = tag === undefined ? undefined : await tx.images.findByTag(repository.id, tag)
  if (!isRestoredBy(tagged, digest)) checkTag(repository, tagged, tag)

  const stored = await tx.images.findByDigest(repository.id, digest)
  const isRestored = isRestoredBy(stored, digest)
  const isTagged = stored !== undefined && tagged?.id === stored.id
  if (stored && !isRestored && (tag === undefined || isTagged)) {
    if (existing === 'accept') return stored
    throw new Refused('ImageExists', { ...inRepository(reference), imageDigest: digest, imageTag: tag })
  }
  await checkQuotas(tx, domain, repository, stored, isTagged ? undefined : tag)
  if (stored && tag !== undefined) await tx.images.tag(stored, tag)
  const image =
    stored ??
    (await tx.images.insert(
      {
        repositoryId: repository.id,
        digest,
        mediaType,
        artifactType: facts.artifactType,
        manifestBytes: bytes.length,
        sizeInBytes: facts.children.length > 0 ? children.largestInBytes : sizeOfBlobs,
        subject: facts.subject,
        annotations: facts.subject && facts.annotations,
        pushedAt: domain.clock.now(),
      },
      { manifest: bytes, blobs: facts.blobs, children: facts.children, tag },
    ))
  // ECR user guide, "Archiving an image": a push restores at once. An index can be pulled whole.
  if (isRestored || children.areArchived)
    await activateImage(tx, domain, repository, image, domain.clock.now())
  await imagePushed(tx, domain, repository, image, tag)
  return image
}

interface ReadManifest {
  readonly facts: ManifestFacts
  readonly mediaType: string
  readonly digest: Digest
}

function attempt<Result>(work: () => Result): { result: Result } | { failure: unknown } {
  try {
    return { result: work() }
  } catch (failure) {
    return { failure }
  }
}

function readPushed(pushed: PushedManifest): ReadManifest {
  const { bytes, mediaType: given, tag, moreTags = [], digest: claimed, digestAlgorithm } = pushed
  for (const imageTag of tag === undefined ? moreTags : [tag, ...moreTags])
    if (!isImageTag(imageTag)) throw new Refused('TagInvalid', { imageTag })
  if (bytes.length > MAX_MANIFEST_BYTES)
    throw new Refused('ManifestTooLarge', { limitInBytes: MAX_MANIFEST_BYTES })
  const facts = factsOf(bytes, given)
  const mediaType = given ?? facts.declaredMediaType
  if (!mediaType) throw new Refused('ManifestMediaTypeMissing', {})
  // It becomes a Content-Type, which takes no other text.
  if (!isMediaType(mediaType))
    throw new Refused('ManifestInvalid', { reason: `Unsupported media type '${mediaType}'` })
  // image-spec manifest.md: `mediaType`, where it is there, must agree with the Content-Type.
  if (facts.declaredMediaType && facts.declaredMediaType !== mediaType)
    throw new Refused('ManifestMediaTypeMismatch', { given: mediaType, declared: facts.declaredMediaType })
  const digest = digestOf(bytes, digestAlgorithm)
  if (claimed !== undefined && claimed !== digest)
    throw new Refused('ManifestDigestMismatch', { given: claimed, computed: digest })
  return { facts, mediaType, digest }
}

function factsOf(bytes: Uint8Array, mediaType: string | undefined): ManifestFacts {
  try {
    return readManifest(bytes, mediaType)
  } catch (error) {
    if (error instanceof NotAManifest) throw new Refused('ManifestInvalid', { reason: error.message })
    throw error
  }
}

/**
 * Bytes of config and layers, all of which must be in this repository. Of those that may lie elsewhere, clients
 * push some nevertheless (docker, `allow-nondistributable-artifacts`): these are the image's like any other.
 */
async function checkLayers(
  tx: Reads,
  repository: Repository,
  reference: RepositoryReference,
  { blobs }: ManifestFacts,
): Promise<number> {
  const missing: Digest[] = []
  let sizeInBytes = 0
  for (const { digest, isForeign } of blobs) {
    const size = await tx.layers.sizeOf(repository.id, digest)
    if (size !== undefined) sizeInBytes += size
    else if (!isForeign) missing.push(digest)
  }
  if (missing.length > 0) throw new Refused('LayersMissing', { ...inRepository(reference), digests: missing })
  return sizeInBytes
}

/** Bytes of the largest child, all of which must be images of this repository, and whether some are archived. */
async function checkChildren(
  tx: Reads,
  repository: Repository,
  reference: RepositoryReference,
  { children }: ManifestFacts,
): Promise<{ largestInBytes: number; areArchived: boolean }> {
  const missing: Digest[] = []
  let largestInBytes = 0
  let areArchived = false
  for (const child of children) {
    const image = await tx.images.findByDigest(repository.id, child)
    if (!image) {
      missing.push(child)
      continue
    }
    largestInBytes = Math.max(largestInBytes, image.sizeInBytes)
    areArchived ||= image.status !== 'ACTIVE'
  }
  if (missing.length > 0)
    throw new Refused('ReferencedImagesMissing', { ...inRepository(reference), digests: missing })
  return { largestInBytes, areArchived }
}

/** Whether pushing `digest` brings an image back from the archive; its tags are pushed again with it (guess). */
function isRestoredBy(image: Image | undefined, digest: Digest): boolean {
  return image !== undefined && image.digest === digest && image.status !== 'ACTIVE'
}

/** An immutable tag can't be pushed again, not even to the image that has it (containers-roadmap#2380). */
function checkTag(repository: Repository, tagged: Image | undefined, tag: string | undefined): void {
  if (!tagged || tag === undefined) return
  if (!isTagMutable(tag, repository.imageTagMutability, repository.exclusionFilters))
    throw new Refused('TagImmutable', { repositoryName: repository.name, imageTag: tag })
}

/** @throws Refused QuotaExceeded */
export async function checkQuotas(
  tx: Reads,
  { quotas }: Domain,
  repository: Repository,
  image: Image | undefined,
  tag: string | undefined,
): Promise<void> {
  if (!image && (await tx.repositories.imageCount(repository.id)) >= quotas.imagesPerRepository)
    throw new Refused('QuotaExceeded', { quota: 'images per repository', limit: quotas.imagesPerRepository })
  if (image && tag !== undefined && image.tagCount >= quotas.tagsPerImage)
    throw new Refused('QuotaExceeded', { quota: 'tags per image', limit: quotas.tagsPerImage })
}
