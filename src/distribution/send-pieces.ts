import type { ServerResponse } from 'node:http'
import type { BlobReader, ByteRange } from '../blob/blob-store.ts'

/** Two of them are held by each pull that is under way. */
const PIECE_BYTES = 512 * 1024

/**
 * Sends a range of a blob as the rest of an answer. While a piece is sent the next is read, into memory that is
 * used over and over.
 *
 * @throws when the client leaves, or the blob ends before its range
 */
export async function sendPieces(
  blob: BlobReader,
  { first, last }: ByteRange,
  response: ServerResponse,
): Promise<void> {
  const left = new Promise<never>((_, reject) => {
    response.once('close', () => reject(new Error('The client left')))
  })
  left.catch(() => undefined)
  const size = Math.min(PIECE_BYTES, last + 1 - first)
  let [spare, sent] = [Buffer.allocUnsafeSlow(size), Buffer.allocUnsafeSlow(size)]

  async function fill(position: number): Promise<Buffer> {
    const piece = spare.subarray(0, Math.min(size, last + 1 - position))
    const length = await blob.read(position, piece)
    if (length === 0) throw new Error(`A blob ended at byte ${position}, before ${last + 1}`)
    return piece.subarray(0, length)
  }

  let piece = await fill(first)
  for (let position = first + piece.length; position <= last; position += piece.length) {
    const sending = write(response, piece)
    ;[spare, sent] = [sent, spare]
    const [next] = await Promise.all([fill(position), Promise.race([sending, left])])
    piece = next
  }
  response.end(piece)
}

function write(response: ServerResponse, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    response.write(bytes, (error) => (error ? reject(error) : resolve()))
  })
}
