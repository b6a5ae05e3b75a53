import type { Digest } from '../../rules/digest.ts'
import type { SeverityCounts } from '../../rules/finding.ts'
import type { FailedStatus } from '../../rules/planted-findings.ts'
import type { Registry } from '../../rules/registry.ts'
import type { ScanType } from '../../rules/scanning.ts'

/** Of the model's statuses, those that are kept: IMAGE_ARCHIVED follows from the image. */
export type ScanStatus = 'IN_PROGRESS' | 'PENDING' | 'COMPLETE' | 'ACTIVE' | FailedStatus

/** The newest scan of an image, one for each type of scan. */
export interface ImageScan {
  readonly imageId: number
  readonly scanType: ScanType
  readonly status: ScanStatus
  readonly description: string | undefined
  /** Epoch milliseconds. */
  readonly requestedAt: number
  /** When it ended, well or not, in epoch milliseconds. */
  readonly completedAt: number | undefined
  /** When the source of the findings was brought up to date, in epoch milliseconds. */
  readonly sourceUpdatedAt: number | undefined
  readonly severityCounts: SeverityCounts
}

/** Two times in epoch milliseconds: what is later than the one, and not than the other. */
export interface Period {
  readonly after: number
  readonly until: number
}

/** An image that is scanned again and again. */
export interface ContinuousScan {
  readonly imageId: number
  readonly registry: Registry
  readonly repositoryName: string
  readonly digest: Digest
}

export interface ImageScanReads {
  find(imageId: number, scanType: ScanType): Promise<ImageScan | undefined>
  /** By image; images that have none of this type are left out. */
  findAll(imageIds: readonly number[], scanType: ScanType): Promise<ReadonlyMap<number, ImageScan>>
  /** JSON of the API's shape for this type of scan: all, or so many from a position on. */
  findings(imageId: number, scanType: ScanType, page?: { from: number; limit: number }): Promise<object[]>
  /** In the order of images, those after `after` that were not asked for, and did not end, in a period. */
  listContinuous(page: { except?: Period; after: number; limit: number }): Promise<ContinuousScan[]>
}

export interface ImageScanWrites {
  /** Takes the place of the scan before; its findings stay where none are given. */
  put(scan: ImageScan, findings?: readonly object[]): Promise<void>
  /** Notes that a scan was asked for again. */
  setRequestedAt(imageId: number, scanType: ScanType, requestedAt: number): Promise<void>
}
