import { readManifest } from '../rules/manifest.ts'
import { isTagMutable } from '../rules/tag-mutability.ts'
import type { Image, Reads, Repository, Writes } from '../store/database.ts'
import { createRepositoryFor } from './create-repository.ts'
import { type Domain, findRepository } from './domain.ts'
import { emitImageAction } from './events.ts'
import { checkQuotas } from './push-manifest.ts'
import { readManifestOf } from './read-manifest.ts'
import { emitReplication } from './replication-event.ts'
import { findSource, mayReplicate, type NamedCopy, type Route } from './replication-route.ts'
import { scanOnPush } from './request-scan.ts'
import { activateImage } from './storage-class.ts'

/** A replication that can't be; trying again would not help. */
export class Unreplicable extends Error {
  override readonly name = 'Unreplicable'
  readonly failureCode: string

  constructor(failureCode: string) {
    super(failureCode)
    this.failureCode = failureCode
  }
}

/**
 * Copies the rows of an image whose children are at the destination already, and moves the tag there.
 *
 * @throws Unreplicable, Refused QuotaExceeded
 */
export async function copyImage(
  tx: Writes,
  domain: Domain,
  route: Route,
  { digest, tag }: NamedCopy,
): Promise<void> {
  const { repository: from, image } = await findSource(tx, route, digest)
  // What was deleted in the meantime need not be brought any more.
  if (!from || !image) throw new Unreplicable('ImageNotFound')
  const to = await repositoryAt(tx, domain, route)
  const before = await tx.images.findByDigest(to.id, digest)
  const isTaken = tag !== undefined && (await takesTag(tx, from, image, to, tag))
  const copied = before ?? (await insertCopy(tx, domain, from, image, to))
  if (isTaken) {
    await checkQuotas(tx, domain, to, copied, tag)
    await tx.images.tag(copied, tag)
  }
  // ECR user guide, "Archiving an image".
  if (before && before.status !== 'ACTIVE') await activateImage(tx, domain, to, before, domain.clock.now())

  await tx.replicationStatuses.put(image.id, { destination: route.destination, status: 'COMPLETE' })
  if (before && !isTaken) return
  const imageTag = isTaken ? tag : undefined
  await emitImageAction(tx, domain, to, copied, { 'action-type': 'PUSH', 'image-tag': imageTag })
  // It is signed by nobody there, as nobody pushed it; that it is scanned is a guess.
  await scanOnPush(tx, domain, to, copied)
  await emitReplication(tx, domain, route, { digest, tag: imageTag }, 'SUCCESS')
}

/** @throws Unreplicable, Refused QuotaExceeded */
async function repositoryAt(tx: Writes, domain: Domain, route: Route): Promise<Repository> {
  const { destination: registry, repositoryName } = route
  if (!(await mayReplicate(tx, domain, route, 'ecr:ReplicateImage'))) throw new Unreplicable('AccessDenied')
  const repository = await tx.repositories.find(registry, repositoryName)
  if (repository) return repository
  if (!(await mayReplicate(tx, domain, route, 'ecr:CreateRepository'))) throw new Unreplicable('AccessDenied')
  await createRepositoryFor(tx, domain, { registry, repositoryName }, 'REPLICATION')
  return findRepository(tx, { registry, repositoryName })
}

/**
 * Whether a tag is still the image's here, is not yet there, and may be moved there: an immutable one stays
 * (ECR user guide, "Private image replication").
 */
async function takesTag(
  tx: Reads,
  from: Repository,
  image: Image,
  to: Repository,
  tag: string,
): Promise<boolean> {
  if ((await tx.images.findByTag(from.id, tag))?.id !== image.id) return false
  const holder = await tx.images.findByTag(to.id, tag)
  if (!holder) return true
  return holder.digest !== image.digest && isTagMutable(tag, to.imageTagMutability, to.exclusionFilters)
}

async function insertCopy(
  tx: Writes,
  domain: Domain,
  from: Repository,
  image: Image,
  to: Repository,
): Promise<Image> {
  await checkQuotas(tx, domain, to, undefined, undefined)
  const now = domain.clock.now()
  const { bytes, mediaType } = await readManifestOf(tx, image)
  const { blobs, children } = readManifest(bytes, mediaType)
  for (const { digest } of blobs) {
    const layer = await tx.layers.find(from.id, digest)
    // A foreign layer need not be here either.
    if (layer) await tx.layers.link(to.id, { digest, sizeInBytes: layer.sizeInBytes, linkedAt: now })
  }
  const { artifactType, manifestBytes, sizeInBytes, subject, annotations } = image
  return tx.images.insert(
    {
      repositoryId: to.id,
      digest: image.digest,
      mediaType,
      artifactType,
      manifestBytes,
      sizeInBytes,
      subject,
      annotations,
      pushedAt: now,
    },
    { manifest: bytes, blobs, children },
  )
}
