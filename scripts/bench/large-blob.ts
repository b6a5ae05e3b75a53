import { createHash, randomBytes } from 'node:crypto'

export const MEBIBYTE = 1024 * 1024

const noise = randomBytes(MEBIBYTE)

/**
 * A blob of so many MiB that is never whole in memory: the same MiB over and over, but for a first one that differs from
 * any other blob's.
 */
export class LargeBlob {
  readonly mebibytes: number
  readonly digest: string
  readonly #first: Buffer

  constructor(mebibytes: number) {
    this.mebibytes = mebibytes
    this.#first = Buffer.concat([randomBytes(32), noise.subarray(32)])
    const hash = createHash('sha256')
    for (const piece of this.pieces()) hash.update(piece)
    this.digest = `sha256:${hash.digest('hex')}`
  }

  /** Its bytes from one MiB up to another. */
  *pieces(first = 0, end = this.mebibytes): Generator<Buffer> {
    for (let index = first; index < end; index += 1) yield this.#piece(index)
  }

  /**
   * Makes a sink that fails at the first byte that is not the blob's: to compare costs a tenth of hashing, so less of
   * the machine is taken from the server.
   */
  comparing(): { sink: (bytes: Buffer) => void; isWhole: () => boolean } {
    let offset = 0
    return {
      sink: (bytes) => {
        for (let start = 0; start < bytes.length; ) {
          const piece = this.#piece(Math.floor(offset / MEBIBYTE))
          const from = offset % MEBIBYTE
          const length = Math.min(bytes.length - start, MEBIBYTE - from)
          if (piece.compare(bytes, start, start + length, from, from + length) !== 0)
            throw new Error(`Other bytes than were pushed after ${offset}`)
          start += length
          offset += length
        }
      },
      isWhole: () => offset === this.mebibytes * MEBIBYTE,
    }
  }

  #piece(index: number): Buffer {
    return index === 0 ? this.#first : noise
  }
}
