import { once } from 'node:events'
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { setImmediate as endOfTurn } from 'node:timers/promises'
import { API_VERSION } from '../distribution/headers.ts'
import { encodeError, JSON_1_1 } from '../protocol/json.ts'
import { hasBody } from '../rules/request-body.ts'
import { isAboutToBeSent } from './answers-of-a-turn.ts'

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

const UNCLEAR_HOST: Refusal = [
  400,
  'MalformedHttpRequestException',
  'It is not clear which host the request means',
]

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
  const underWay = new WeakMap<Duplex, ServerResponse[]>()
  const givenUp = new WeakSet<Duplex>()
  server.on('request', (request, response) => {
    const answers = underWay.get(request.socket) ?? []
    // They are sent in their order (RFC 9112, 9.3.2).
    while (answers[0]?.closed) answers.shift()
    answers.push(response)
    underWay.set(request.socket, answers)
    if (hasBody(request.headers)) refuseStalled(request, response)
  })
  server.on('clientError', (error: Error & { code?: string; rawPacket?: Buffer }, socket) => {
    // Whatever comes behind a broken request is broken too.
    if (givenUp.has(socket)) return
    givenUp.add(socket)
    const line = error.rawPacket?.toString('latin1').split('\r\n', 1)[0] ?? ''
    const answer = rawAnswer(refusalOf(error.code, line), doorOf(line))
    refuseBehind(underWay.get(socket) ?? [], socket, answer).catch(() => socket.destroy())
  })
}

/** Ends a connection with an answer, behind those to the requests that came whole before (RFC 9112, 9.3.2). */
async function refuseBehind(
  answers: readonly ServerResponse[],
  socket: Duplex,
  answer: string,
): Promise<void> {
  if (answers.some(isAboutToBeSent)) await endOfTurn()
  for (const earlier of answers)
    if (earlier.req.complete && !earlier.closed && !earlier.writableFinished) await once(earlier, 'close')
  const isHalfSent = answers.some(({ headersSent, writableEnded }) => headersSent && !writableEnded)
  if (socket.writable && !isHalfSent) socket.end(answer, () => socket.destroy())
  else socket.destroy()
}

/** Answers a request of which nobody can tell which host it means. */
export function refuseUnclearHost(request: IncomingMessage, response: ServerResponse): void {
  refuse(request, response, UNCLEAR_HOST)
}

/** Node tells of a stall only while the body is not whole; an answer may take as long as it takes. */
function refuseStalled(request: IncomingMessage, response: ServerResponse): void {
  request.setTimeout(STALL_MILLISECONDS, () => {
    if (response.headersSent) {
      request.destroy()
      return
    }
    response.setHeader('Connection', 'close')
    // Whoever waits for the body is told only so: for Node, a request that has its answer is over.
    refuse(request, response, STALLED, () => request.destroy())
  })
  request.once('end', () => {
    // Once the answer is sent, Node's own limit for idle connections stands.
    if (!response.writableFinished) request.setTimeout(0)
  })
}

function refuse(
  { method, url }: IncomingMessage,
  response: ServerResponse,
  refusal: Refusal,
  onSent?: () => void,
): void {
  const door = doorOf(`${method} ${url} HTTP/1.1`)
  const { contentType, body } = bodyOf(refusal, door)
  response.writeHead(refusal[0], {
    ...(door === 'registry' && API_VERSION),
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
  })
  response.end(body, onSent)
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
