import { findRepository } from '../../domain/domain.ts'
import { findImage } from '../../domain/find-image.ts'
import { startScan } from '../../domain/request-scan.ts'
import { operation } from '../operation.ts'

/**
 * Begins a basic scan of an image, once in 24 hours; DescribeImageScanFindings tells what comes of it.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_StartImageScan.html
 */
export const StartImageScan = operation('StartImageScan', async (input, { domain, registry }) => {
  const { repositoryName, imageId } = input
  const image = await domain.database.write(async (tx) => {
    const repository = await findRepository(tx, { registry, repositoryName })
    const image = await findImage(tx, repository, imageId)
    await startScan(tx, domain, repository, image, imageId)
    return image
  })

  return {
    registryId: registry.accountId,
    repositoryName,
    imageId: { ...imageId, imageDigest: image.digest },
    imageScanStatus: { status: 'IN_PROGRESS' as const },
  }
})
