import type { IncomingMessage } from 'node:http'
import { entityTooLarge } from './errors.ts'

/**
 * The whole body of a request.
 *
 * @throws FrameworkError RequestEntityTooLargeException as soon as more than `limit` bytes are announced or
 *   have come; what is left unread, Node drops once the answer is sent
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0

    function giveUp(): void {
      // The connection must outlive a body that is given up on, or nobody would hear why.
      request.off('data', take).pause()
      reject(entityTooLarge(limit))
    }

    function take(chunk: Buffer): void {
      size += chunk.length
      if (size > limit) giveUp()
      else chunks.push(chunk)
    }

    function breakOff(): void {
      reject(new Error('The request ended before its body'))
    }

    if (Number(request.headers['content-length'] ?? 0) > limit) return giveUp()
    request.on('data', take)
    request.once('end', () => {
      request.off('close', breakOff)
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size))
    })
    // Of a client that broke off, Node tells by the one, the other, or both.
    request.once('error', reject)
    request.once('close', breakOff)
  })
}
