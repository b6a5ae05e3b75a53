import { findRepository } from '../../domain/domain.ts'
import { findImage } from '../../domain/find-image.ts'
import { findSummedUp } from '../../domain/scanning.ts'
import type { ImageDetail, ImageIdentifier } from '../../generated/ecr/types.ts'
import type { Reads, Repository, TaggedImage } from '../../store/database.ts'
import { imageFilter, isChosen } from '../image-filter.ts'
import { operation } from '../operation.ts'
import { refusePaging } from '../paging.ts'
import { describeScan } from '../scan-shapes.ts'
import { describeImage } from '../shapes.ts'

/**
 * Describes images, one entry for each digest, in the order of first push; `manifestConfig` leaves only the
 * artifact types that it names. Of images that are named, one that is missing fails the whole call.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
 */
export const DescribeImages = operation('DescribeImages', async (input, { domain, registry, page }) => {
  const { repositoryName, imageIds, filter, manifestConfig } = input
  if (imageIds) {
    refusePaging(input, 'imageIds')
    return domain.database.read(async (tx) => {
      const repository = await findRepository(tx, { registry, repositoryName })
      const named = await findNamed(tx, repository, imageIds)
      const chosen = named.filter((image) => isChosen(image, filter, manifestConfig))
      return { imageDetails: await describe(tx, repository, chosen) }
    })
  }

  const { limit, position = 0, nextToken } = page<number>()
  return domain.database.read(async (tx) => {
    const repository = await findRepository(tx, { registry, repositoryName })
    const listed = await tx.images.list(repository.id, imageFilter(filter, manifestConfig), {
      after: position,
      limit: limit + 1,
    })
    const images = listed.slice(0, limit)
    return {
      imageDetails: await describe(tx, repository, images),
      nextToken: nextToken(listed.length > limit ? images.at(-1)?.id : undefined),
    }
  })
})

/** Images with what their newest scans say, where those are summed up. */
async function describe(
  tx: Reads,
  repository: Repository,
  images: readonly TaggedImage[],
): Promise<ImageDetail[]> {
  const scanType = await findSummedUp(tx, repository.registry)
  const ids = images.map(({ id }) => id)
  const scans = scanType && (await tx.imageScans.findAll(ids, scanType))
  return images.map((image) => {
    const scan = scans?.get(image.id)
    const described = describeImage(repository, image)
    return scan ? { ...described, ...describeScan(scan) } : described
  })
}

/** Each image once, in the order in which they are named. */
async function findNamed(
  tx: Reads,
  repository: Repository,
  imageIds: ImageIdentifier[],
): Promise<TaggedImage[]> {
  const found = new Map<number, TaggedImage>()
  for (const imageId of imageIds) {
    const image = await findImage(tx, repository, imageId)
    if (!found.has(image.id)) found.set(image.id, { ...image, tags: await tx.images.tagsOf(image.id) })
  }
  return [...found.values()]
}
