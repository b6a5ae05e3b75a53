import type { ImageFailure, ImageIdentifier } from '@aws-sdk/client-ecr'

/*
 * What operations over a batch of images have in common.
 */

const NO_DIGEST = 'sha256:nothing'
const UNKNOWN_DIGEST = `sha256:${'0'.repeat(64)}`

/**
 * An identifier for each way in which one can fail, in order.
 *
 * @param mismatch a tag of one image with the digest of another
 */
export function oneOfEachFailure(mismatch: ImageIdentifier): ImageIdentifier[] {
  return batchFailures(mismatch).map(({ imageId }) => imageId ?? {})
}

/** How each fails (observed: moto; the text of InvalidImageTag is a guess). */
export function batchFailures(mismatch: ImageIdentifier): ImageFailure[] {
  const failure = (imageId: ImageIdentifier, code: ImageFailure['failureCode'], reason: string) => ({
    imageId,
    failureCode: code,
    failureReason: reason,
  })
  const notFound = 'Requested image not found'
  return [
    failure({}, 'MissingDigestAndTag', 'Invalid request parameters: both tag and digest cannot be null'),
    failure(
      { imageDigest: NO_DIGEST },
      'InvalidImageDigest',
      "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'",
    ),
    failure(
      { imageTag: 'a/b' },
      'InvalidImageTag',
      "Invalid request parameters: image tag should satisfy the regex '[a-zA-Z0-9-_.]+'",
    ),
    failure({ imageTag: 'none' }, 'ImageNotFound', notFound),
    failure({ imageDigest: UNKNOWN_DIGEST }, 'ImageNotFound', notFound),
    failure({ imageDigest: 'sha512:00' }, 'ImageNotFound', notFound),
    failure({ imageDigest: UNKNOWN_DIGEST, imageTag: 'none' }, 'ImageNotFound', notFound),
    failure({ imageDigest: mismatch.imageDigest, imageTag: 'none' }, 'ImageNotFound', notFound),
    failure(
      mismatch,
      'ImageTagDoesNotMatchDigest',
      'Invalid request parameters: given tag does not map to the given digest',
    ),
  ]
}

/** What each of them says of its list of identifiers: member, constraint, input. */
export const invalidImageIds: [member: string, constraint: string, input: object][] = [
  ['imageIds', 'Member must have length greater than or equal to 1', { imageIds: [] }],
  ['imageIds', 'Member must have length less than or equal to 100', { imageIds: Array(101).fill({}) }],
  [
    'imageIds.2.member.imageTag',
    'Member must have length greater than or equal to 1',
    { imageIds: [{ imageTag: 'a' }, { imageTag: '' }] },
  ],
  [
    'imageIds.1.member.imageTag',
    'Member must have length less than or equal to 300',
    { imageIds: [{ imageTag: 'a'.repeat(301) }] },
  ],
]
