import type { Digest } from '../rules/digest.ts'
import type { Image, Repository, Writes } from '../store/database.ts'
import type { Domain } from './domain.ts'
import type { NamedImage } from './errors.ts'
import { Refused } from './errors.ts'
import { emitImageAction } from './events.ts'
import { findImage } from './find-image.ts'
import { enqueue } from './jobs.ts'
import { requestDeletion } from './replication.ts'

/** A digest with a tag that went, or alone where the image had none. */
export interface DeletedIdentifier {
  readonly imageDigest: Digest
  readonly imageTag?: string | undefined
}

/**
 * Deletes what a caller named: by digest the image with all its tags; by tag the tag, and the image with its
 * last tag (ECR user guide, "Deleting an image"). An image that an index names stays.
 *
 * @param untags whether such an image loses its last tag then: to distribution-spec, "Deleting tags", a tag is
 *   no more than a name. ECR refuses.
 * @throws Refused ImageUnknown, ImageReferenced
 */
export async function deleteImage(
  tx: Writes,
  domain: Domain,
  repository: Repository,
  named: NamedImage,
  { untags = false } = {},
): Promise<DeletedIdentifier[]> {
  const image = await findImage(tx, repository, named)
  const { imageTag } = named
  const parents = await tx.images.parentsOf(repository.id, image.digest)
  const isReferenced = parents.length > 0
  if (imageTag !== undefined && (image.tagCount > 1 || (untags && isReferenced))) {
    await requestDeletion(tx, domain, repository, image, imageTag)
    await tx.images.untag(repository.id, imageTag)
    await emitImageAction(tx, domain, repository, image, { 'action-type': 'DELETE', 'image-tag': imageTag })
    return [{ imageDigest: image.digest, imageTag }]
  }

  if (isReferenced) throw new Refused('ImageReferenced', { parents })
  const tags = await removeImage(tx, domain, repository, image)
  return (tags.length > 0 ? tags : [undefined]).map((tag) => ({ imageDigest: image.digest, imageTag: tag }))
}

/** ECR user guide: what refers to an image goes within 24 hours after it. */
const REFERRERS_GRACE_MILLISECONDS = 24 * 60 * 60 * 1000

/** Removes an image with all its tags, whatever refers to it, and answers with the tags. */
export async function removeImage(
  tx: Writes,
  domain: Domain,
  repository: Repository,
  image: Image,
): Promise<string[]> {
  const tags = await tx.images.tagsOf(image.id)
  await requestDeletion(tx, domain, repository, image)
  await tx.images.delete(image)
  // One event for each tag is a guess: the samples have an event with one tag.
  for (const tag of tags.length > 0 ? tags : [undefined])
    await emitImageAction(tx, domain, repository, image, { 'action-type': 'DELETE', 'image-tag': tag })
  const referrers = await tx.images.listReferrers(repository.id, image.digest, {}, { after: 0, limit: 1 })
  if (referrers.length > 0)
    await enqueue(tx, domain, 'deleteReferrers', {
      registry: repository.registry,
      payload: { repositoryName: repository.name, subject: image.digest },
      dueAt: domain.clock.now() + REFERRERS_GRACE_MILLISECONDS,
    })
  return tags
}
