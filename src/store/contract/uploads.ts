import type { DigestAlgorithm } from '../../rules/digest.ts'

export interface Upload {
  /** A UUID. */
  readonly id: string
  readonly repositoryId: number
  /** Epoch milliseconds. */
  readonly startedAt: number
  /** Bytes that were acknowledged. */
  readonly receivedBytes: number
  readonly partCount: number
  readonly firstPartBytes: number
  /** Bytes of the newest part. */
  readonly lastPartBytes: number
  /** Whether a part that is not the newest is below the minimum of 5 MiB. */
  readonly hasShortPart: boolean
  /** Of the digest that its bytes are to have, as far as it was told. */
  readonly digestAlgorithm: DigestAlgorithm
}

export interface UploadReads {
  find(repositoryId: number, id: string): Promise<Upload | undefined>
  ofRepository(repositoryId: number): Promise<string[]>
  startedBefore(epochMilliseconds: number): Promise<string[]>
  ids(): Promise<string[]>
}

export interface UploadWrites {
  insert(upload: Pick<Upload, 'id' | 'repositoryId' | 'startedAt' | 'digestAlgorithm'>): Promise<void>
  saveProgress(
    upload: Pick<
      Upload,
      'id' | 'receivedBytes' | 'partCount' | 'firstPartBytes' | 'lastPartBytes' | 'hasShortPart'
    >,
  ): Promise<void>
  /** Whether there was such an upload. */
  delete(id: string): Promise<boolean>
}
