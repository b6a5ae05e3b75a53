import type { Digest } from '../../rules/digest.ts'
import type { ImageFilter } from './images.ts'

/** What a lifecycle policy would do, kept for who asked. */
export interface LifecyclePreview {
  /** JSON, as it was sent. */
  readonly policyText: string
  readonly status: 'IN_PROGRESS' | 'COMPLETE' | 'EXPIRED'
  readonly expiringCount: number
  readonly transitioningCount: number
  /** Epoch milliseconds; undefined while it is in progress. */
  readonly completedAt: number | undefined
}

/** An image on which the policy of a preview would act, as it was then. */
export interface LifecyclePreviewResult {
  readonly imageId: number
  readonly digest: Digest
  readonly tags: readonly string[]
  /** Epoch milliseconds. */
  readonly pushedAt: number
  readonly storageClass: 'STANDARD' | 'ARCHIVE'
  readonly action: 'EXPIRE' | 'TRANSITION'
  readonly rulePriority: number
}

export interface LifecyclePreviewReads {
  find(repositoryId: number): Promise<LifecyclePreview | undefined>
  /** In the order of first push, those after the image `after`. */
  listResults(
    repositoryId: number,
    filter: Pick<ImageFilter, 'tagStatus'>,
    page: { after: number; limit: number },
  ): Promise<LifecyclePreviewResult[]>
}

export interface LifecyclePreviewWrites {
  /** Begins a preview in place of an earlier one. */
  begin(repositoryId: number, policyText: string): Promise<void>
  addResults(repositoryId: number, results: readonly LifecyclePreviewResult[]): Promise<void>
  clearResults(repositoryId: number): Promise<void>
  complete(
    repositoryId: number,
    counts: { expiringCount: number; transitioningCount: number; completedAt: number },
  ): Promise<void>
  /** Drops the results of previews that were completed before a time in epoch milliseconds. */
  expire(completedBefore: number): Promise<void>
}
