import type { IncomingMessage } from 'node:http'
import { entityTooLarge } from './errors.ts'

/**
 * The whole body of a request.
 *
 * @throws FrameworkError RequestEntityTooLargeException as soon as more than `limit` bytes are announced or
 *   have come; what is left unread, Node drops once the answer is sent
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limit) throw entityTooLarge(limit)
  const chunks: Buffer[] = []
  let size = 0
  // The connection must outlive a body that is given up on, or nobody would hear why.
  const body: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false })
  for await (const chunk of body) {
    size += chunk.length
    if (size > limit) throw entityTooLarge(limit)
    chunks.push(chunk)
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size)
}
