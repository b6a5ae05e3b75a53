import type { Readable } from 'node:stream'
import type { Digest, DigestAlgorithm } from '../rules/digest.ts'

/** What is no larger may be held in memory. */
export const SMALL_BLOB_BYTES = 64 * 1024

/** Inclusive, as in HTTP. */
export interface ByteRange {
  readonly first: number
  readonly last: number
}

/**
 * Content-addressed bytes, and the uploads from which they come. It knows nothing of repositories: who may
 * read a blob is the metadata's to say. Calls for one upload must not overlap, but for `discard`, which may
 * come at any moment: work under way then ends with UploadBytesMissing, or on bytes that nobody sees. Whatever
 * needs a file throws StorageMissing when there is no data directory any more.
 */
export interface BlobStore {
  /**
   * Appends `source` to an upload at `offset` and hashes it on the way; bytes beyond `offset` that an
   * earlier process left are dropped first. Resolves to the upload's new size.
   *
   * The next chunk is asked for while the one before is being stored. The memory of a chunk that is all of its
   * ArrayBuffer goes with it: nobody may read it any more.
   *
   * @param algorithm the one that `uploadDigest` will be asked for; with another, it reads the bytes again
   * @param onStored told the upload's size whenever more of it can be read
   * @throws InterruptedAppend when `source` or the disk fails midway; what arrived before stays, unless the
   *   disk is full (ENOSPC): then nothing is kept
   * @throws UploadBytesMissing
   */
  append(
    uploadId: string,
    offset: number,
    source: AsyncIterable<Uint8Array>,
    limit: number,
    algorithm?: DigestAlgorithm,
    onStored?: (size: number) => void,
  ): Promise<number>
  /**
   * The digest of the first `size` bytes of an upload, of sha256 unless told otherwise.
   *
   * @throws UploadBytesMissing
   */
  uploadDigest(uploadId: string, size: number, algorithm?: DigestAlgorithm): Promise<Digest>
  /**
   * Makes the first `size` bytes of the upload the blob `digest`, whole or not at all; the upload is gone
   * afterwards, also when the disk fails to keep its bytes.
   *
   * @throws UploadBytesMissing
   */
  place(uploadId: string, size: number, digest: Digest): Promise<void>
  /**
   * Lets go of an upload that never had bytes of which anybody was told. What a refused part left of it goes too, where
   * the store knows of it without a look at the disk; the rest is a file of an upload that nobody knows.
   */
  release(uploadId: string): Promise<void>
  /** Forgets an upload and its bytes; nothing happens when there is none. */
  discard(uploadId: string): Promise<void>
  /** Ids of uploads that have bytes. */
  uploadIds(): Promise<string[]>
  /** Opens an upload for reading while it grows, also when it becomes a blob meanwhile; undefined when it has no bytes. */
  readUpload(uploadId: string): Promise<BlobReader | undefined>

  /** Bytes of a blob, or undefined when it is not here. */
  size(digest: Digest): Promise<number | undefined>
  /**
   * The bytes of a blob, or a range of them, or undefined when it is not here. The range must lie within the
   * blob. What is being read can be removed: it is read to its end.
   */
  read(digest: Digest, range?: ByteRange): Promise<Readable | undefined>
  /** Opens a blob; undefined when it is not here. */
  open(digest: Digest): Promise<BlobReader | undefined>
  /** Removes a blob; nothing happens when it is not here. */
  remove(digest: Digest): Promise<void>
  /** Every blob that is here. */
  digests(): AsyncIterable<Digest>
  /** Lets go of files and threads, when all work has ended. */
  close(): Promise<void>
}

/** Reads the bytes of a blob, also when it is removed meanwhile, or those of an upload that have been appended. */
export interface BlobReader {
  /** Fills `into` from `position` on, and answers how many bytes there were. */
  read(position: number, into: Uint8Array): Promise<number>
  close(): Promise<void>
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

/** An upload has not the bytes that it should have: it was discarded meanwhile, or a crash took them. */
export class UploadBytesMissing extends Error {
  override readonly name = 'UploadBytesMissing'
}

/** More bytes came than `limit` allows. */
export class AppendTooLong extends Error {
  override readonly name = 'AppendTooLong'
}
