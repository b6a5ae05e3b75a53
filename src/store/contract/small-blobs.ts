import type { Digest } from '../../rules/digest.ts'

export interface SmallBlobReads {
  find(digest: Digest): Promise<Uint8Array | undefined>
  /** Bytes of a blob, or undefined when it is not here. */
  size(digest: Digest): Promise<number | undefined>
  /** The first `limit` digests behind one, in their order. */
  digests(after: string, limit: number): Promise<Digest[]>
}

export interface SmallBlobWrites {
  /** Nothing happens when the blob is here. */
  keep(digest: Digest, bytes: Uint8Array): Promise<void>
  /** Nothing happens when it is not. */
  remove(digest: Digest): Promise<void>
}
