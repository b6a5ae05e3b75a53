import { findRepository } from '../../domain/domain.ts'
import { imageFilter } from '../image-filter.ts'
import { operation } from '../operation.ts'

/**
 * Lists images, one entry for each tag and one for each image without any, in the order of first push.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListImages.html
 */
export const ListImages = operation('ListImages', async (input, { domain, registry, page }) => {
  const { limit, position, nextToken } = page<[imageId: number, tag: string]>()
  const [afterImage, afterTag] = position ?? [0, '']
  const listed = await domain.database.read(async (tx) => {
    const repository = await findRepository(tx, { registry, repositoryName: input.repositoryName })
    const filter = imageFilter(input.filter, input.manifestConfig)
    return tx.images.listIdentifiers(repository.id, filter, { afterImage, afterTag, limit: limit + 1 })
  })

  const identifiers = listed.slice(0, limit)
  const last = listed.length > limit ? identifiers.at(-1) : undefined
  return {
    imageIds: identifiers.map(({ digest, tag }) => ({ imageDigest: digest, imageTag: tag })),
    nextToken: nextToken(last && [last.imageId, last.tag ?? '']),
  }
})
