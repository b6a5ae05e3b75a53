import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { encodeError, JSON_1_1 } from '../protocol/json.ts'

/** A body of which nothing comes for so long is given up: as long as nginx waits. */
const STALL_MILLISECONDS = 60_000

/** Why a request is given up: its status, its name in AWS's common errors, and what is wrong. */
type Refusal = readonly [status: number, code: string, message: string]

const STALLED: Refusal = [
  408,
  'RequestTimeoutException',
  `The rest of the request did not come within ${STALL_MILLISECONDS / 1000} seconds`,
]

const MALFORMED: Refusal = [400, 'MalformedHttpRequestException', 'The request is not HTTP']

const TARGET_TOO_LONG: Refusal = [414, 'MalformedHttpRequestException', 'The URL is too long']

/** By what Node's parser calls them; the statuses are Node's own. */
const UNREADABLE: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: [431, 'MalformedHttpRequestException', 'The headers are too large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [
    413,
    'RequestEntityTooLargeException',
    'The extensions of the chunks are too large',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'RequestTimeoutException', 'The headers did not come in time'],
}

/**
 * Answers requests that never come whole: what is no HTTP or beyond Node's limits, and bodies that stop midway,
 * which would hold the lock of their upload for ever. Each hears of it in the words of the door that it knocked
 * at, as far as that can be told.
 */
export function refuseBroken(server: Server): void {
  const answers = new WeakMap<Duplex, ServerResponse>()
  server.on('request', (request, response) => {
    answers.set(request.socket, response)
    if (hasBody(request)) refuseStalled(request, response)
  })
  server.on('clientError', (error: Error & { code?: string; rawPacket?: Buffer }, socket) => {
    const answer = answers.get(socket)
    const isHalfSent = answer?.headersSent === true && !answer.writableFinished
    if (!socket.writable || isHalfSent) {
      socket.destroy()
      return
    }
    const line = error.rawPacket?.toString('latin1').split('\r\n', 1)[0] ?? ''
    socket.end(rawAnswer(refusalOf(error.code, line), doorOf(line)), () => socket.destroy())
  })
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** Node tells of a stall only while the body is not whole; an answer may take as long as it takes. */
function refuseStalled(request: IncomingMessage, response: ServerResponse): void {
  request.setTimeout(STALL_MILLISECONDS, () => {
    if (response.headersSent) {
      request.destroy()
      return
    }
    const { contentType, body } = bodyOf(STALLED, doorOf(`${request.method} ${request.url} HTTP/1.1`))
    response.writeHead(STALLED[0], {
      Connection: 'close',
      'Content-Type': contentType,
      'Content-Length': Buffer.byteLength(body),
    })
    // Whoever waits for the body is told only so: for Node, a request that has its answer is over.
    response.end(body, () => request.destroy())
  })
  request.once('end', () => {
    // Once the answer is sent, Node's own limit for idle connections stands.
    if (!response.writableFinished) request.setTimeout(0)
  })
}

function refusalOf(code = '', line: string): Refusal {
  const refusal = UNREADABLE[code] ?? MALFORMED
  // Headers and URL share one limit: a line of which the end has not come is what exceeds it.
  return code === 'HPE_HEADER_OVERFLOW' && /^[A-Z]+ \S+$/.test(line) ? TARGET_TOO_LONG : refusal
}

type Door = 'registry' | 'other' | undefined

/** By the request line; undefined when there is none, as of TLS on a port of plain HTTP. */
function doorOf(line: string): Door {
  const target = /^[A-Z]+ (\/\S*)/.exec(line)?.[1]
  if (target === undefined) return undefined
  return /^\/v2(?:[/?]|$)/.test(target) ? 'registry' : 'other'
}

function bodyOf([, code, message]: Refusal, door: Door): { contentType: string; body: string } {
  return door === 'registry'
    ? {
        contentType: 'application/json; charset=utf-8',
        body: `${JSON.stringify({ errors: [{ code: 'UNKNOWN', message }] })}\n`,
      }
    : { contentType: JSON_1_1, body: encodeError(code, message) }
}

function rawAnswer(refusal: Refusal, door: Door): string {
  const [status] = refusal
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n`
  if (door === undefined) return `${head}\r\n`
  const { contentType, body } = bodyOf(refusal, door)
  return `${head}Content-Type: ${contentType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}
