import type { ImageFailure, ImageFailureCode, ImageIdentifier } from '../generated/ecr/types.ts'
import { type Digest, parseDigest } from '../rules/digest.ts'
import { IMAGE_TAG_PATTERN, isImageTag } from '../rules/names.ts'
import type { FoundImage, Reads, Repository } from '../store/database.ts'

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
export type Found = { readonly image: FoundImage } | { readonly failure: ImageFailure }

/** What the identifiers of a batch name, in their order. */
export async function findEach(
  tx: Reads,
  repository: Repository,
  imageIds: readonly ImageIdentifier[],
): Promise<{ imageId: ImageIdentifier; found: Found }[]> {
  const asked = imageIds.map((imageId) => ({ imageId, malformed: malformation(imageId) }))
  const digests: Digest[] = []
  const tags: string[] = []
  for (const { imageId, malformed } of asked) {
    if (malformed) continue
    const { imageDigest = '', imageTag } = imageId
    const digest = imageTag === undefined ? parseDigest(imageDigest) : undefined
    if (digest) digests.push(digest)
    if (imageTag !== undefined) tags.push(imageTag)
  }
  const { byDigest, byTag } = await tx.images.findAll(repository.id, { digests, tags })

  return asked.map(({ imageId, malformed }) => {
    const fail = (code: keyof typeof REASONS) => ({
      imageId,
      found: { failure: imageFailure(imageId, code) },
    })
    if (malformed) return fail(malformed)
    const { imageDigest, imageTag } = imageId
    const image = imageTag === undefined ? byDigest.get(imageDigest as Digest) : byTag.get(imageTag)
    if (!image) return fail('ImageNotFound')
    if (imageDigest !== undefined && image.digest !== imageDigest) return fail('ImageTagDoesNotMatchDigest')
    return { imageId, found: { image } }
  })
}

function malformation({ imageDigest, imageTag }: ImageIdentifier): keyof typeof REASONS | undefined {
  if (imageDigest === undefined && imageTag === undefined) return 'MissingDigestAndTag'
  if (imageDigest !== undefined && !IMAGE_DIGEST.test(imageDigest)) return 'InvalidImageDigest'
  if (imageTag !== undefined && !isImageTag(imageTag)) return 'InvalidImageTag'
  return undefined
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
