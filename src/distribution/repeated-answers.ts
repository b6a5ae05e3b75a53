import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Connection, connectionOf } from '../domain/connection.ts'
import type { Domain } from '../domain/domain.ts'
import type { Faults } from '../domain/faults.ts'
import { type PulledImage, recordPull } from '../domain/pull-times.ts'
import type { Registry } from '../rules/registry.ts'
import type { Login } from './authentication.ts'
import { type AnswerHeaders, inTurn } from './headers.ts'

/** A 200 that would be given again to whoever asks again. */
export interface Answer {
  readonly headers: AnswerHeaders
  /** What a GET gets. */
  readonly body?: Uint8Array | undefined
  /** What was pulled with it, from where; no more of it than that, as annotations may be megabytes. */
  readonly pulled?: { readonly image: PulledImage; readonly registry: Registry } | undefined
}

interface Kept {
  readonly answer: Answer
  readonly login: Login
  /** Names and values in turn. */
  readonly headers: readonly string[]
  /** Of the request, as they came, and of how it came. */
  readonly requestHeaders: readonly string[]
  readonly connection: Connection
  readonly sizeInBytes: number
  /** Epoch milliseconds, by the server's clock. */
  readonly madeAt: number
}

export interface RepeatedAnswers {
  /** Gives a request the answer that the very same one had, if it would be the same now; tells whether it did. */
  repeat(request: IncomingMessage, response: ServerResponse): boolean
  /**
   * Gives an answer, and keeps it to be repeated.
   *
   * @param version of the database before the answer was made of it
   */
  give(
    request: IncomingMessage,
    response: ServerResponse,
    made: { readonly version: number; readonly login: Login; readonly answer: Answer },
  ): void
}

/** Time decides too: conditions of policies, tags of upstreams that are due, layers that a sweep may take. */
const MAX_AGE_MILLISECONDS = 1000
const MAX_ANSWERS = 4096
/** Clients that are told apart, of those that ask for one thing. */
const MAX_CLIENTS = 32
const MAX_BYTES = 16 * 1024 * 1024
/** A larger body is not kept, as it would take the place of too many others: this is a list of 50,000 tags or so. */
const MAX_BODY_BYTES = 1024 * 1024

/**
 * Answers to pulls and lists, of which the same are asked for over and over: a base image, a chart in every
 * deployment, tags that wait for a newer one. They hold for one version of the database, so that any change, of whatever
 * it is, ends all of them; and for a request that is the same to its last header, as the host, the login and a browser
 * that asks were looked at before. A planted fault comes before any answer.
 */
export function repeatedAnswers(domain: Domain, faults: Faults): RepeatedAnswers {
  const { database, clock } = domain
  /** By method and URL, the latest last. */
  const kept = new Map<string, Kept[]>()
  let count = 0
  let bytes = 0
  let keptVersion = database.version()

  function forgetAll(): void {
    kept.clear()
    count = 0
    bytes = 0
  }

  function find(request: IncomingMessage): Kept | undefined {
    if (count === 0 || keptVersion !== database.version() || !faults.areNone()) return undefined
    const found = kept.get(targetOf(request))?.find((made) => isSame(made, request))
    if (!found) return undefined
    const now = clock.now()
    const isFresh = Math.abs(now - found.madeAt) < MAX_AGE_MILLISECONDS && now < found.login.expiresAt
    return isFresh ? found : undefined
  }

  function keep(request: IncomingMessage, version: number, made: Kept): void {
    if (version !== database.version() || (made.answer.body?.length ?? 0) > MAX_BODY_BYTES) return
    const isFull = count >= MAX_ANSWERS || bytes + made.sizeInBytes > MAX_BYTES
    if (isFull || keptVersion !== version) forgetAll()
    keptVersion = version
    const target = targetOf(request)
    const ofTarget = kept.get(target) ?? []
    const before = ofTarget.findIndex((other) => isSame(other, request))
    const isOver = before >= 0 || ofTarget.length >= MAX_CLIENTS
    const [gone] = ofTarget.splice(Math.max(before, 0), isOver ? 1 : 0)
    ofTarget.push(made)
    kept.set(target, ofTarget)
    if (!gone) count += 1
    bytes += made.sizeInBytes - (gone?.sizeInBytes ?? 0)
  }

  return {
    repeat(request, response) {
      const found = isRead(request) ? find(request) : undefined
      if (found) send(domain, request, response, found)
      return found !== undefined
    },
    give(request, response, { version, login, answer }) {
      const { rawHeaders: requestHeaders, socket } = request
      const made: Kept = {
        ...{ answer, login, requestHeaders },
        headers: inTurn(answer.headers),
        connection: connectionOf(socket),
        sizeInBytes: sizeOf(request, answer),
        madeAt: clock.now(),
      }
      if (isRead(request) && isAsSent(request)) keep(request, version, made)
      send(domain, request, response, made)
    },
  }
}

function isRead({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD'
}

function targetOf({ method, url }: IncomingMessage): string {
  return `${method} ${url}`
}

/** Whether a request for the same target is the one that was answered, in all on which an answer can depend. */
function isSame({ requestHeaders, connection }: Kept, { rawHeaders, socket }: IncomingMessage): boolean {
  if (requestHeaders.length !== rawHeaders.length) return false
  // Not by one key of all: logins are long, and to hash one takes ten times as long as to compare it.
  for (let index = 0; index < rawHeaders.length; index += 1)
    if (rawHeaders[index] !== requestHeaders[index]) return false
  const { sourceIp, isSecure } = connectionOf(socket)
  return sourceIp === connection.sourceIp && isSecure === connection.isSecure
}

/** What is kept of a request is nobody's but the client's to bound: it counts too. */
function sizeOf({ url = '', rawHeaders }: IncomingMessage, { body }: Answer): number {
  return rawHeaders.reduce((size, text) => size + text.length, url.length + (body?.length ?? 0))
}

/** A URL that named a host has become one of this host's by now (RFC 9112, 3.2.2), and what was sent is not known. */
function isAsSent({ headers, rawHeaders }: IncomingMessage): boolean {
  return rawHeaders.some(
    (text, index) => rawHeaders[index - 1]?.toLowerCase() === 'host' && text === headers.host,
  )
}

/** Sends an answer, and notes what is pulled with it. */
function send(
  domain: Domain,
  { method }: IncomingMessage,
  response: ServerResponse,
  { answer: { body, pulled }, login, headers }: Kept,
): void {
  response.writeHead(200, headers as string[])
  response.end(method === 'HEAD' ? undefined : body)
  // At ECR a HEAD is a BatchGetImage as well (CloudTrail).
  if (pulled) recordPull(domain, login.caller, pulled.registry, [pulled.image])
}

/** Whether a client asks for less than the whole, or only for what it has not (RFC 9110, 13.1 and 14.2). */
export function isConditional({ headers }: IncomingMessage): boolean {
  return headers.range !== undefined || headers['if-none-match'] !== undefined
}
