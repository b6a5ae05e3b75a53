import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

/** Whether a request has a body, of at least one byte where its length is told (RFC 9112, 6.3). */
export function hasBody(headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/**
 * Whether the client left before its body was read, though it may have come whole: nobody is to be told, and nothing is
 * wrong here. A request that was read to its end is destroyed too, by Node.
 */
export function hasGone(request: IncomingMessage): boolean {
  return request.destroyed && !request.readableEnded && hasBody(request.headers)
}

/**
 * The whole body of a request; undefined as soon as more than `limit` bytes are announced or have come. What is left
 * unread then, Node drops once the answer is sent.
 */
export function wholeBody(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0

    function giveUp(): void {
      // The connection must outlive a body that is given up on, or nobody would hear why.
      request.off('data', take).pause()
      resolve(undefined)
    }

    function take(chunk: Buffer): void {
      size += chunk.length
      if (size > limit) giveUp()
      else chunks.push(chunk)
    }

    function breakOff(): void {
      reject(new Error('The request ended before its body'))
    }

    // Its end is over, and nobody tells of it again.
    if (request.destroyed) return breakOff()
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
