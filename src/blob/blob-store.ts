import type { Readable } from 'node:stream'
import type { Digest } from '../rules/digest.ts'

/** Inclusive, as in HTTP. */
export interface ByteRange {
  readonly first: number
  readonly last: number
}

/**
 * Content-addressed bytes, and the uploads from which they come. It knows nothing of repositories: who may
 * read a blob is the metadata's to say. Calls for one upload must not overlap.
 */
export interface BlobStore {
  /**
   * Appends `source` to an upload at `offset` and hashes it on the way; bytes beyond `offset` that an
   * earlier process left are dropped first. Resolves to the upload's new size.
   *
   * @throws InterruptedAppend when `source` or the disk fails midway; what arrived before stays
   */
  append(uploadId: string, offset: number, source: AsyncIterable<Uint8Array>, limit: number): Promise<number>
  /** The digest of the first `size` bytes of an upload. */
  uploadDigest(uploadId: string, size: number): Promise<Digest>
  /** Makes the upload the blob `digest`, whole or not at all; the upload is gone afterwards. */
  place(uploadId: string, digest: Digest): Promise<void>
  /** Forgets an upload and its bytes; nothing happens when there is none. */
  discard(uploadId: string): Promise<void>
  /** Ids of uploads that have bytes. */
  uploadIds(): Promise<string[]>

  /** Bytes of a blob, or undefined when it is not here. */
  size(digest: Digest): Promise<number | undefined>
  /** The bytes of a blob, or a range of them. The range must lie within the blob. */
  read(digest: Digest, range?: ByteRange): Readable
  /** Removes a blob; nothing happens when it is not here. */
  remove(digest: Digest): Promise<void>
  /** Every blob that is here. */
  digests(): AsyncIterable<Digest>
}

/** An append that did not reach its end. */
export class InterruptedAppend extends Error {
  override readonly name = 'InterruptedAppend'
  /** What stands in the upload now, in bytes. */
  readonly size: number

  constructor(size: number, cause: unknown) {
    super('The upload was interrupted', { cause })
    this.size = size
  }
}

/** More bytes came than `limit` allows. */
export class AppendTooLong extends Error {
  override readonly name = 'AppendTooLong'
}
