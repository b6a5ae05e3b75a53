import type { Registry } from '../../rules/registry.ts'

/** How far an image has come on its way to another registry. */
export interface ReplicationStatus {
  readonly destination: Registry
  readonly status: 'IN_PROGRESS' | 'COMPLETE' | 'FAILED'
  /** Only when it failed. */
  readonly failureCode?: string | undefined
}

export interface ReplicationStatusReads {
  /** In the order of regions, then of accounts. */
  ofImage(imageId: number): Promise<ReplicationStatus[]>
}

export interface ReplicationStatusWrites {
  /** Takes the place of the one for the same destination. */
  put(imageId: number, status: ReplicationStatus): Promise<void>
}
