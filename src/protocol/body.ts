import type { IncomingMessage } from 'node:http'
import { entityTooLarge } from './errors.ts'

/**
 * The whole body of a request.
 *
 * @throws FrameworkError RequestEntityTooLargeException as soon as more than `limit` bytes are announced or
 *   have come; what is left unread is the caller's to drop with the connection
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limit) throw entityTooLarge(limit)
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limit) throw entityTooLarge(limit)
    chunks.push(chunk)
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size)
}
