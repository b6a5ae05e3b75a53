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
  /** Whether there is a row by this id, of whatever repository. */
  exists(id: string): Promise<boolean>
  ofRepository(repositoryId: number): Promise<string[]>
  startedBefore(epochMilliseconds: number): Promise<string[]>
  ids(): Promise<string[]>
}

export interface UploadWrites {
  /** Makes the row of an upload, or brings it up to date. */
  save(upload: Upload): Promise<void>
  /** Whether there was such an upload. */
  delete(id: string): Promise<boolean>
}
