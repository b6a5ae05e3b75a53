import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type Digest, type DigestAlgorithm, digestFromHex } from '../rules/digest.ts'
import type { HashThread, ThreadHash } from './thread-hash.ts'

/** The hash of a file that grows. */
export interface GrowingHash {
  readonly algorithm: DigestAlgorithm
  /** The next bytes, which the file has by now, and whose memory is not the caller's any more. */
  update(pieces: readonly Uint8Array[]): Promise<void>
  digest(): Promise<Digest>
  /** Nobody will ask again. */
  forget(): void
}

/** From this size on a blob is hashed by the thread, that below it costs more to be told than to hash. */
const LARGE_BYTES = 1024 * 1024

/**
 * The hash of the first `size` bytes of `file`: a small one here, a large one in the thread. One that grows large
 * moves there, where its file is read once more.
 */
export async function growingHash(
  thread: HashThread,
  { file, size, algorithm }: { file: string; size: number; algorithm: DigestAlgorithm },
): Promise<GrowingHash> {
  const small = createHash(algorithm)
  let large: ThreadHash | undefined
  let total = size
  if (size > LARGE_BYTES) large = await thread.begin(file, size, algorithm)
  else if (size > 0) await update(small, createReadStream(file, { end: size - 1 }))

  return {
    algorithm,
    async update(pieces) {
      const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
      if (!large && total + length > LARGE_BYTES) large = await thread.begin(file, total, algorithm)
      total += length
      if (large) return large.update(pieces)
      for (const piece of pieces) small.update(piece)
    },
    async digest() {
      return digestFromHex(large ? await large.digest() : small.copy().digest('hex'), algorithm)
    },
    forget() {
      large?.forget()
    },
  }
}

async function update(hash: Hash, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of bytes) hash.update(chunk)
}
