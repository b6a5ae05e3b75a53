import { findRepository } from '../../domain/domain.ts'
import { findImage } from '../../domain/find-image.ts'
import { operation } from '../operation.ts'

/**
 * Tells how far an image has come on its way to each registry that it was sent to: none when no rule has
 * sent it.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImageReplicationStatus.html
 */
export const DescribeImageReplicationStatus = operation(
  'DescribeImageReplicationStatus',
  async ({ repositoryName, imageId }, { domain, registry }) => {
    const { image, statuses } = await domain.database.read(async (tx) => {
      const repository = await findRepository(tx, { registry, repositoryName })
      const image = await findImage(tx, repository, imageId)
      return { image, statuses: await tx.replicationStatuses.ofImage(image.id) }
    })

    return {
      repositoryName,
      // That the digest is told to whom named a tag is a guess.
      imageId: { ...imageId, imageDigest: image.digest },
      replicationStatuses: statuses.map(({ destination, status, failureCode }) => ({
        region: destination.region,
        registryId: destination.accountId,
        status,
        failureCode,
      })),
    }
  },
)
