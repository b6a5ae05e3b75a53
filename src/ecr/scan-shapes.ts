import { readEnhanced } from '../domain/scan-image.ts'
import type {
  ImageDetail,
  ImageScanFinding,
  ImageScanFindings,
  ImageScanFindingsSummary,
  ImageScanStatus,
  RegistryScanningConfiguration,
} from '../generated/ecr/types.ts'
import type { ScanningConfiguration } from '../rules/scanning.ts'
import type { ImageScan } from '../store/database.ts'

export function scanningConfigurationShape({
  scanType,
  rules,
}: ScanningConfiguration): RegistryScanningConfiguration {
  return {
    scanType,
    rules: rules.map(({ scanFrequency, repositoryFilters }) => ({
      scanFrequency,
      repositoryFilters: [...repositoryFilters],
    })),
  }
}

export function scanStatusOf({ status, description }: ImageScan): ImageScanStatus {
  return { status, description }
}

/** A scan as DescribeImages shows it. */
export function describeScan(
  scan: ImageScan,
): Pick<ImageDetail, 'imageScanStatus' | 'imageScanFindingsSummary'> {
  return { imageScanStatus: scanStatusOf(scan), imageScanFindingsSummary: scanSummaryOf(scan) }
}

/** What a scan counted; nothing of one that has not ended, or not well (guess). */
function scanSummaryOf(scan: ImageScan): ImageScanFindingsSummary | undefined {
  if (scan.completedAt === undefined || (scan.status !== 'COMPLETE' && scan.status !== 'ACTIVE'))
    return undefined
  return {
    imageScanCompletedAt: new Date(scan.completedAt),
    vulnerabilitySourceUpdatedAt:
      scan.sourceUpdatedAt === undefined ? undefined : new Date(scan.sourceUpdatedAt),
    findingSeverityCounts: scan.severityCounts,
  }
}

/** A page of what a scan found, with the counts of all; nothing where it has no counts. */
export function scanFindingsOf(scan: ImageScan, page: readonly object[]): ImageScanFindings | undefined {
  const summary = scanSummaryOf(scan)
  if (!summary) return undefined
  return scan.scanType === 'BASIC'
    ? { ...summary, findings: page as ImageScanFinding[] }
    : { ...summary, enhancedFindings: readEnhanced(page) }
}
