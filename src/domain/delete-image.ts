import type { Digest } from '../rules/digest.ts'
import type { Image, Repository, Writes } from '../store/database.ts'
import type { NamedImage } from './errors.ts'
import { Refused } from './errors.ts'
import { findImage } from './find-image.ts'

/** A digest with a tag that went, or alone where the image had none. */
export interface DeletedIdentifier {
  readonly imageDigest: Digest
  readonly imageTag?: string | undefined
}

/**
 * Deletes what a caller named: by digest the image with all its tags; by tag the tag, and the image with its
 * last tag (ECR user guide, "Deleting an image"). An image that an index names stays.
 *
 * @throws Refused ImageUnknown, ImageReferenced
 */
export async function deleteImage(
  tx: Writes,
  repository: Repository,
  named: NamedImage,
): Promise<DeletedIdentifier[]> {
  const image = await findImage(tx, repository, named)
  const { imageTag } = named
  if (imageTag === undefined) {
    const tags = await tx.images.tagsOf(image.id)
    await removeImage(tx, image)
    if (tags.length === 0) return [{ imageDigest: image.digest }]
    return tags.map((tag) => ({ imageDigest: image.digest, imageTag: tag }))
  }

  if (image.tagCount > 1) await tx.images.untag(repository.id, imageTag)
  else await removeImage(tx, image)
  return [{ imageDigest: image.digest, imageTag }]
}

async function removeImage(tx: Writes, image: Image): Promise<void> {
  const parents = await tx.images.parentsOf(image.repositoryId, image.digest)
  if (parents.length > 0) throw new Refused('ImageReferenced', { parents })
  await tx.images.delete(image)
}
