import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Caller, Domain } from '../domain/domain.ts'
import { type PulledImage, recordPull } from '../domain/pull-times.ts'
import type { Registry } from '../rules/registry.ts'

/** A 200 that would be given again to whoever asks again. */
export interface Answer {
  readonly headers: Readonly<Record<string, string | number>>
  /** What a GET gets. */
  readonly body?: Uint8Array | undefined
  /** What was pulled with it, from where; no more of it than that, as annotations may be megabytes. */
  readonly pulled?: { readonly image: PulledImage; readonly registry: Registry } | undefined
}

interface Kept {
  readonly answer: Answer
  /** Epoch milliseconds, by the server's clock. */
  readonly madeAt: number
}

export interface RepeatedAnswers {
  /** The answer that the same caller got for the same request, if it would be the same now. */
  find(key: string): Answer | undefined
  keep(key: string, version: number, answer: Answer): void
}

/** Time decides too: conditions of policies, tags of upstreams that are due, layers that a sweep may take. */
const MAX_AGE_MILLISECONDS = 1000
const MAX_ANSWERS = 4096
const MAX_BYTES = 16 * 1024 * 1024
/** A larger body is not kept, as it would take the place of too many others: this is a list of 50,000 tags or so. */
const MAX_BODY_BYTES = 1024 * 1024

/**
 * Answers to pulls and lists, of which the same are asked for over and over: a base image, a chart in every
 * deployment, tags that wait for a newer one. They hold for one version of the database, so that any change, of whatever
 * it is, ends all of them.
 */
export function repeatedAnswers({ database, clock }: Domain): RepeatedAnswers {
  const kept = new Map<string, Kept>()
  let bytes = 0
  let keptVersion = database.version()

  function forgetAll(): void {
    kept.clear()
    bytes = 0
  }

  return {
    find(key) {
      const found = keptVersion === database.version() ? kept.get(key) : undefined
      if (!found || Math.abs(clock.now() - found.madeAt) >= MAX_AGE_MILLISECONDS) return undefined
      return found.answer
    },
    keep(key, version, answer) {
      if (version !== database.version()) return
      if ((answer.body?.length ?? 0) > MAX_BODY_BYTES) return
      const size = sizeOf(key, answer)
      const isFull = kept.size >= MAX_ANSWERS || bytes + size > MAX_BYTES
      if (isFull || keptVersion !== version) forgetAll()
      keptVersion = version
      const before = kept.get(key)
      bytes += size - (before ? sizeOf(key, before.answer) : 0)
      kept.set(key, { answer, madeAt: clock.now() })
    },
  }
}

/** The query of a request, which is nobody's but the client's, is part of the key. */
function sizeOf(key: string, { body }: Answer): number {
  return key.length + (body?.length ?? 0)
}

/** What an answer depends on beside the state of the server; undefined where it is none to be repeated. */
export function keyOf(request: IncomingMessage, caller: Caller): string | undefined {
  const { method, url, headers } = request
  if ((method !== 'GET' && method !== 'HEAD') || isConditional(request)) return undefined
  const { accountId, region, principalArn, userId, connection } = caller
  const who = `${accountId} ${region} ${principalArn} ${userId} ${connection?.sourceIp} ${connection?.isSecure}`
  return `${who} ${method} ${headers.host} ${url}`
}

/** Sends an answer, and notes what is pulled with it. */
export function sendAnswer(
  domain: Domain,
  caller: Caller,
  request: IncomingMessage,
  response: ServerResponse,
  { headers, body, pulled }: Answer,
): void {
  response.writeHead(200, headers)
  response.end(request.method === 'HEAD' ? undefined : body)
  // At ECR a HEAD is a BatchGetImage as well (CloudTrail).
  if (pulled) recordPull(domain, caller, pulled.registry, [pulled.image])
}

/** Whether a client asks for less than the whole, or only for what it has not (RFC 9110, 13.1 and 14.2). */
export function isConditional({ headers }: IncomingMessage): boolean {
  return headers.range !== undefined || headers['if-none-match'] !== undefined
}
