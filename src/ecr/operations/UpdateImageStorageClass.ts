import { findRepository } from '../../domain/domain.ts'
import { findImage } from '../../domain/find-image.ts'
import { updateStorageClass } from '../../domain/storage-class.ts'
import { operation } from '../operation.ts'

/**
 * Moves an image to the archive, from where it can't be pulled, or begins to bring it back. What refers to it goes
 * along.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UpdateImageStorageClass.html
 */
export const UpdateImageStorageClass = operation(
  'UpdateImageStorageClass',
  async ({ repositoryName, imageId, targetStorageClass }, { domain, registry }) => {
    const { image, imageStatus } = await domain.database.write(async (tx) => {
      const repository = await findRepository(tx, { registry, repositoryName })
      const image = await findImage(tx, repository, imageId)
      return {
        image,
        imageStatus: await updateStorageClass(tx, domain, repository, image, targetStorageClass),
      }
    })

    return {
      registryId: registry.accountId,
      repositoryName,
      imageId: { imageDigest: image.digest, imageTag: imageId.imageTag },
      imageStatus,
    }
  },
)
