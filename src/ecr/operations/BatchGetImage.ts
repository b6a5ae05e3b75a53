import { findRepository } from '../../domain/domain.ts'
import { readManifestOf } from '../../domain/read-manifest.ts'
import type { Image, ImageFailure } from '../../generated/ecr/types.ts'
import { distinct, findOrFail } from '../image-failures.ts'
import { operation } from '../operation.ts'

/**
 * Answers manifests: for a tag in a format that the caller accepts where ECR can translate, for a digest
 * always as it was pushed. An image that is asked for by digest comes once for each of its tags.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html
 */
export const BatchGetImage = operation('BatchGetImage', async (input, { domain, registry }) => {
  const { repositoryName, acceptedMediaTypes = [] } = input
  const images: Image[] = []
  const failures: ImageFailure[] = []
  await domain.database.read(async (tx) => {
    const repository = await findRepository(tx, { registry, repositoryName })
    for (const imageId of distinct(input.imageIds)) {
      const found = await findOrFail(tx, repository, imageId)
      if ('failure' in found) {
        failures.push(found.failure)
        continue
      }
      const { image } = found
      const byTag = imageId.imageDigest === undefined
      const { bytes, mediaType } = await readManifestOf(tx, image, byTag ? acceptedMediaTypes : [])
      const imageManifest = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
      const tags = imageId.imageTag === undefined ? await tx.images.tagsOf(image.id) : [imageId.imageTag]
      for (const imageTag of tags.length > 0 ? tags : [undefined])
        images.push({
          registryId: registry.accountId,
          repositoryName,
          imageId: { imageDigest: image.digest, imageTag },
          imageManifest,
          imageManifestMediaType: mediaType,
        })
    }
  })

  return { images, failures }
})
