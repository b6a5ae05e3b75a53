import { findRepository } from '../../domain/domain.ts'
import { findImage } from '../../domain/find-image.ts'
import { failureCodeOf } from '../errors.ts'
import { operation } from '../operation.ts'

/**
 * Tells of each profile that was to sign an image what became of it.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImageSigningStatus.html
 */
export const DescribeImageSigningStatus = operation(
  'DescribeImageSigningStatus',
  async ({ repositoryName, imageId }, { domain, registry }) => {
    const { image, signings } = await domain.database.read(async (tx) => {
      const repository = await findRepository(tx, { registry, repositoryName })
      const found = await findImage(tx, repository, imageId)
      return { image: found, signings: await tx.signings.list(found.id) }
    })

    return {
      registryId: registry.accountId,
      repositoryName,
      imageId: { ...imageId, imageDigest: image.digest },
      signingStatuses: signings.map((signing) => ({
        ...signing,
        failureCode: signing.failureCode && failureCodeOf(signing.failureCode),
      })),
    }
  },
)
