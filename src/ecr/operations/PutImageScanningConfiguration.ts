import { findRepository } from '../../domain/domain.ts'
import { operation } from '../operation.ts'

/**
 * Chooses whether a repository's images are scanned when they are pushed, where the registry scans with BASIC.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImageScanningConfiguration.html
 */
export const PutImageScanningConfiguration = operation(
  'PutImageScanningConfiguration',
  async ({ repositoryName, imageScanningConfiguration }, { domain, registry }) => {
    const { scanOnPush = false } = imageScanningConfiguration

    await domain.database.write(async (tx) => {
      const repository = await findRepository(tx, { registry, repositoryName })
      await tx.repositories.update(repository.id, { scanOnPush })
    })

    return {
      registryId: registry.accountId,
      repositoryName,
      imageScanningConfiguration: { scanOnPush },
    }
  },
)
