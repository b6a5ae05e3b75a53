import type { Digest } from '../../rules/digest.ts'
import type { Registry } from '../../rules/registry.ts'
import type { Repository } from './repositories.ts'

/** A replication of images that were there before it was configured. */
export interface Backfill {
  /** Grows with every backfill. */
  readonly sequence: number
  /** A UUID. */
  readonly id: string
  readonly registry: Registry
  readonly destination: Registry
  readonly status: 'PREPARING' | 'IN_PROGRESS' | 'COMPLETE' | 'FAILED' | 'STOPPED'
  readonly failureCode: string | undefined
  /** Pairs of an image and a tag; unknown until the backfill is prepared. */
  readonly counts: { readonly total: number; readonly completed: number; readonly failed: number } | undefined
  /** Epoch milliseconds. */
  readonly startedAt: number
  /** Epoch milliseconds; undefined while it runs. */
  readonly endedAt: number | undefined
}

/** What became of one image under one tag, or of an image without one. */
export interface BackfillItem {
  readonly sequence: number
  readonly repositoryName: string
  readonly digest: Digest
  readonly tag: string | undefined
  readonly status: 'PENDING' | 'COMPLETE' | 'FAILED'
  readonly failureCode?: string | undefined
  /** Of indexes only. */
  readonly subImageFailureCodes?: readonly string[] | undefined
}

export interface BackfillReads {
  find(registry: Registry, id: string): Promise<Backfill | undefined>
  /** Newest first, those before the one with the sequence `before`. */
  list(registry: Registry, page: { before: number; limit: number }): Promise<Backfill[]>
  /** Those that have not ended. */
  running(registry: Registry): Promise<Backfill[]>
  /** Each code of its failed items once. */
  failureCodes(id: string): Promise<string[]>
  /** In the order of preparation; without a status those that are no longer PENDING. */
  items(
    id: string,
    status: BackfillItem['status'] | undefined,
    page: { after: number; limit: number },
  ): Promise<BackfillItem[]>
}

export interface BackfillWrites {
  insert(backfill: Pick<Backfill, 'id' | 'registry' | 'destination' | 'status' | 'startedAt'>): Promise<void>
  /**
   * Adds the ACTIVE ones of some images of a repository, after the one with the id `after`: answers how many pairs of
   * an image and a tag these are, and the id of the last image; undefined when there was none.
   */
  addImages(
    backfill: Pick<Backfill, 'id'>,
    repository: Pick<Repository, 'id' | 'name'>,
    page: { after: number; limit: number },
  ): Promise<{ pairs: number; last: number } | undefined>
  /** Deletes some items, and answers how many. */
  deleteItems(id: string, limit: number): Promise<number>
  /** It is IN_PROGRESS from now on. */
  setPrepared(backfill: Pick<Backfill, 'id'>, total: number): Promise<void>
  /** Notes what became of an item that was PENDING, and counts it. */
  saveItem(
    backfill: Pick<Backfill, 'id'>,
    item: Pick<BackfillItem, 'sequence' | 'status' | 'failureCode' | 'subImageFailureCodes'>,
  ): Promise<void>
  /** @param end its time in epoch milliseconds */
  end(
    backfill: Pick<Backfill, 'id'>,
    end: { status: Backfill['status']; failureCode?: string | undefined; endedAt: number },
  ): Promise<void>
  delete(id: string): Promise<void>
}
