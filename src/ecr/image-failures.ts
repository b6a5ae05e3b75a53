import { isRefused } from '../domain/errors.ts'
import { findImage } from '../domain/find-image.ts'
import type { ImageFailure, ImageFailureCode, ImageIdentifier } from '../generated/ecr/types.ts'
import { IMAGE_TAG_PATTERN, isImageTag } from '../rules/names.ts'
import type { Image, Reads, Repository } from '../store/database.ts'

const IMAGE_DIGEST = /^[a-zA-Z0-9\-_+.]+:[a-fA-F0-9]+$/

/** Texts: observed by moto; the one of InvalidImageTag is a guess by its neighbours. */
const REASONS = {
  ImageNotFound: 'Requested image not found',
  InvalidImageDigest:
    "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'",
  InvalidImageTag: `Invalid request parameters: image tag should satisfy the regex '${IMAGE_TAG_PATTERN}'`,
  MissingDigestAndTag: 'Invalid request parameters: both tag and digest cannot be null',
  // Which code an image in the archive has is a guess: the model has this one since there is an archive.
  ImageInaccessible: 'Requested image is archived',
  ImageTagDoesNotMatchDigest: 'Invalid request parameters: given tag does not map to the given digest',
} as const satisfies Partial<Record<ImageFailureCode, string>>

/** A failure of one image of a batch; it echoes only what was asked. */
export function imageFailure(imageId: ImageIdentifier, failureCode: keyof typeof REASONS): ImageFailure {
  return { imageId, failureCode, failureReason: REASONS[failureCode] }
}

/** The image that one identifier of a batch names, or why the batch goes on without it. */
export async function findOrFail(
  tx: Reads,
  repository: Repository,
  imageId: ImageIdentifier,
): Promise<{ image: Image } | { failure: ImageFailure }> {
  const { imageDigest, imageTag } = imageId
  if (imageDigest === undefined && imageTag === undefined)
    return { failure: imageFailure(imageId, 'MissingDigestAndTag') }
  if (imageDigest !== undefined && !IMAGE_DIGEST.test(imageDigest))
    return { failure: imageFailure(imageId, 'InvalidImageDigest') }
  if (imageTag !== undefined && !isImageTag(imageTag))
    return { failure: imageFailure(imageId, 'InvalidImageTag') }

  try {
    return { image: await findImage(tx, repository, imageId) }
  } catch (error) {
    if (!isRefused(error, 'ImageUnknown')) throw error
    const mismatch =
      imageDigest !== undefined &&
      imageTag !== undefined &&
      (await tx.images.findByTag(repository.id, imageTag)) !== undefined
    return { failure: imageFailure(imageId, mismatch ? 'ImageTagDoesNotMatchDigest' : 'ImageNotFound') }
  }
}

/** The identifiers of a batch, each once: an image that is named twice is handled once (moto). */
export function distinct(imageIds: readonly ImageIdentifier[]): ImageIdentifier[] {
  const seen = new Map<string, ImageIdentifier>()
  for (const { imageDigest, imageTag } of imageIds) {
    const key = JSON.stringify([imageDigest, imageTag])
    if (!seen.has(key))
      seen.set(key, {
        ...(imageDigest !== undefined && { imageDigest }),
        ...(imageTag !== undefined && { imageTag }),
      })
  }
  return [...seen.values()]
}
