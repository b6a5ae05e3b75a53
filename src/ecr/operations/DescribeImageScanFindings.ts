import { findRepository } from '../../domain/domain.ts'
import { Refused } from '../../domain/errors.ts'
import { findImage } from '../../domain/find-image.ts'
import { findScanning } from '../../domain/scanning.ts'
import type { ImageScanStatus } from '../../generated/ecr/types.ts'
import { operation } from '../operation.ts'
import { scanFindingsOf, scanStatusOf } from '../scan-shapes.ts'

/** The description is a guess. */
const ARCHIVED: ImageScanStatus = { status: 'IMAGE_ARCHIVED', description: 'The image is archived.' }

/**
 * Tells what the newest scan of an image found, in pages that all have its status and counts. A scan of the type that
 * the registry does not use now is hidden.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImageScanFindings.html
 */
export const DescribeImageScanFindings = operation(
  'DescribeImageScanFindings',
  async ({ repositoryName, imageId }, { domain, registry, page }) => {
    const { limit, position = 0, nextToken } = page<number>()
    const { image, scan, findings } = await domain.database.read(async (tx) => {
      const repository = await findRepository(tx, { registry, repositoryName })
      const image = await findImage(tx, repository, imageId)
      const { scanType } = await findScanning(tx, registry)
      const scan = await tx.imageScans.find(image.id, scanType)
      const findings = await tx.imageScans.findings(image.id, scanType, { from: position, limit: limit + 1 })
      return { image, scan, findings }
    })
    const named = {
      registryId: registry.accountId,
      repositoryName,
      imageId: { ...imageId, imageDigest: image.digest },
    }
    if (image.status === 'ARCHIVED') return { ...named, imageScanStatus: ARCHIVED }
    if (!scan)
      throw new Refused('ScanUnknown', { registryId: registry.accountId, repositoryName, ...imageId })

    const imageScanFindings = scanFindingsOf(scan, findings.slice(0, limit))
    return {
      ...named,
      imageScanStatus: scanStatusOf(scan),
      imageScanFindings,
      nextToken: nextToken(imageScanFindings && findings.length > limit ? position + limit : undefined),
    }
  },
)
