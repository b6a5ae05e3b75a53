import type { IncomingMessage } from 'node:http'

/** Scheme and authority of a URL as clients send it to a proxy, then its path and query. */
const WHOLE_URL = /^https?:\/\/([^/?#]*)(.*)$/i

/** A name or an address, and a port if any. */
const HOST = /^(?:[\w.~%-]+|\[[\w.:%-]+\])(?::\d*)?$/

/**
 * Settles which host and path a request means, for all who read its `Host` and URL: a whole URL has both (RFC 9112,
 * 3.2.2), and who names no host means this server. Answers whether it is clear: of two hosts, or one that is none,
 * nobody could tell which is meant (3.2).
 */
export function settleTarget(request: IncomingMessage, ownHost: string): boolean {
  const { headers, rawHeaders } = request
  const [, authority, rest = ''] = WHOLE_URL.exec(request.url ?? '') ?? []
  if (authority !== undefined) {
    headers.host = authority
    request.url = rest.startsWith('/') ? rest : `/${rest}`
  }
  headers.host ||= ownHost
  const hosts = rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === 'host')
  return hosts.length < 2 && HOST.test(headers.host)
}
