import { BlockList, isIP } from 'node:net'
import { UpstreamError } from './upstream.ts'

/** How long an upstream may be silent, in milliseconds. */
export interface Patience {
  /** Until the head of an answer is there. */
  readonly head: number
  /** From one piece of a body to the next. */
  readonly piece: number
  /** For all of a body that is kept in memory, however steadily it drips. */
  readonly whole: number
}

export const defaultPatience: Patience = { head: 30_000, piece: 60_000, whole: 120_000 }

const MAX_REDIRECTS = 5

/** An answer whose body can be read, once, by one of its two methods, or let go. */
export interface Answer {
  /** Who answers, after all redirects. */
  readonly origin: string
  readonly status: number
  readonly headers: Headers
  /** The whole body. */
  read(limitInBytes: number): Promise<Buffer>
  pieces(): AsyncGenerator<Uint8Array>
  /** Lets the body go. */
  drop(): Promise<void>
}

export type Get = (url: URL, headers: Record<string, string>) => Promise<Answer>

/**
 * Asks by GET, following redirects. A login stays with the origin that it is for, and nothing that was asked by
 * https goes on by http.
 *
 * @param closing ends every request
 */
export function getter(patience: Patience, closing: AbortSignal): Get {
  return async (url, headers) => {
    let { authorization, ...others } = headers
    let at = url
    for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
      const answer = await getOnce(
        at,
        { ...others, ...(authorization && { authorization }) },
        patience,
        closing,
      )
      const location = isRedirect(answer.status) ? answer.headers.get('location') : null
      if (location === null) return answer
      await answer.drop()
      const next = targetOf(location, at)
      if (next.origin !== at.origin) authorization = ''
      at = next
    }
    throw new UpstreamError('unavailable', `${url.host} redirects more than ${MAX_REDIRECTS} times`)
  }
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status)
}

/** @throws UpstreamError for what is no URL, leads from https to anything else, or to a link-local address */
export function targetOf(location: string, from: URL): URL {
  const target = URL.canParse(location, from.href) ? new URL(location, from) : undefined
  const isFine = target?.protocol === 'https:' || (target?.protocol === 'http:' && from.protocol === 'http:')
  if (!target || !isFine || isLinkLocal(target))
    throw new UpstreamError('unavailable', `${from.host} leads to ${location}`)
  return target
}

/** Where no registry is, but the services that tell a machine in a cloud its own credentials. */
const linkLocal = new BlockList()
linkLocal.addSubnet('169.254.0.0', 16)
linkLocal.addSubnet('fe80::', 10, 'ipv6')
linkLocal.addAddress('fd00:ec2::254', 'ipv6')

function isLinkLocal({ hostname }: URL): boolean {
  const address = hostname.replace(/^\[|\]$/g, '')
  return isIP(address) > 0 && linkLocal.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

async function getOnce(
  url: URL,
  headers: Record<string, string>,
  { head, piece, whole }: Patience,
  closing: AbortSignal,
): Promise<Answer> {
  const cut = new AbortController()
  const signal = AbortSignal.any([cut.signal, closing])
  async function within<Result>(milliseconds: number, work: Promise<Result>): Promise<Result> {
    const timer = setTimeout(() => cut.abort(new Error(`no word for ${milliseconds} ms`)), milliseconds)
    try {
      return await work
    } catch (error) {
      if (error instanceof UpstreamError) throw error
      throw new UpstreamError('unavailable', `${url.host} does not answer: ${reasonOf(error)}`, {
        cause: error,
      })
    } finally {
      clearTimeout(timer)
    }
  }

  // Compressed on the way, a blob would not be the bytes that its digest is of.
  const init = { headers: { ...headers, 'accept-encoding': 'identity' }, redirect: 'manual', signal } as const
  const response = await within(head, fetch(url, init))
  async function* pieces(): AsyncGenerator<Uint8Array> {
    const reader = response.body?.getReader()
    try {
      for (;;) {
        const { done, value } = reader ? await within(piece, reader.read()) : { done: true, value: undefined }
        if (done || !value) return
        yield value
      }
    } finally {
      await reader?.cancel().catch(() => undefined)
    }
  }
  async function collect(limitInBytes: number): Promise<Buffer> {
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of pieces()) {
      size += chunk.length
      if (size > limitInBytes)
        throw new UpstreamError('unavailable', `${url.host} sends more than ${limitInBytes} bytes`)
      chunks.push(chunk)
    }
    return Buffer.concat(chunks, size)
  }
  return {
    origin: url.origin,
    status: response.status,
    headers: response.headers,
    pieces,
    read: (limitInBytes) => within(whole, collect(limitInBytes)),
    async drop() {
      await response.body?.cancel().catch(() => undefined)
    },
  }
}

/** fetch tells the reason in the cause of its error. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error
  return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : message
}
