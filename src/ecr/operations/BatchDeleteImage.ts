import { deleteImage } from '../../domain/delete-image.ts'
import { findRepository } from '../../domain/domain.ts'
import { isRefused } from '../../domain/errors.ts'
import { messages } from '../../domain/messages.ts'
import type { ImageFailure, ImageIdentifier } from '../../generated/ecr/types.ts'
import { distinct, findEach } from '../image-failures.ts'
import { operation } from '../operation.ts'

/**
 * Deletes images by digest, or tags, an image going with its last tag. What cannot be deleted is a failure
 * of its own, and the rest goes.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html
 */
export const BatchDeleteImage = operation('BatchDeleteImage', async (input, { domain, registry }) => {
  const imageIds: ImageIdentifier[] = []
  const failures: ImageFailure[] = []
  await domain.database.write(async (tx) => {
    const repository = await findRepository(tx, { registry, repositoryName: input.repositoryName })
    // Found before any goes: an image that is named in two ways is handled once (moto).
    const named = await findEach(tx, repository, distinct(input.imageIds))
    for (const { imageId, found } of named) {
      if ('failure' in found) {
        failures.push(found.failure)
        continue
      }
      try {
        imageIds.push(...(await deleteImage(tx, domain, repository, imageId)))
      } catch (error) {
        if (isRefused(error, 'ImageUnknown')) continue
        if (!isRefused(error, 'ImageReferenced')) throw error
        const failureReason = messages.ImageReferenced(error.detail)
        failures.push({ imageId, failureCode: 'ImageReferencedByManifestList', failureReason })
      }
    }
  })

  return { imageIds, failures }
})
