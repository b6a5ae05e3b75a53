import type { IncomingMessage, ServerResponse } from 'node:http'
import { hostnameOf, isOwnName, type OwnNames } from './own-names.ts'
import { originOf } from './reachable.ts'

/**
 * Why a browser's request must not be answered, or undefined. No web page but our own may reach a developer's
 * registry: neither from its own origin, nor by a name of its own that it lets point here (DNS rebinding).
 * Preflights come with a foreign `Origin`, and are refused with it.
 */
export function refusalOfBrowser(request: IncomingMessage, names: OwnNames): string | undefined {
  const { headers } = request
  const { scheme, host } = originOf(request)
  if (headers.origin !== undefined && headers.origin.toLowerCase() !== `${scheme}://${host}`.toLowerCase())
    return `A page of ${headers.origin} may not call this server`
  if (isPartOfOtherPage(request)) return 'A page of another site may not call this server'
  if (isFromBrowser(request) && !isOwnName(hostnameOf(host), names))
    return `A browser may not reach this server as ${host}; use localhost or its address, or allow it with --allowed-host`
  return undefined
}

/** Answers a browser that is refused, without CORS headers, in a form that every door's clients can read. */
export function refuseBrowser(response: ServerResponse, message: string): void {
  const body = JSON.stringify({ __type: 'AccessDeniedException', message })
  response.writeHead(403, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) })
  response.end(body)
}

/**
 * Images, scripts, frames and the like are asked for without an `Origin`; what a page can't read of them, it can still
 * do by them. A link that somebody follows is asked for as a document.
 */
function isPartOfOtherPage({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site']
  return (site === 'cross-site' || site === 'same-site') && headers['sec-fetch-dest'] !== 'document'
}

/**
 * Browsers give themselves away by `Origin` or `Sec-Fetch-Site` (which the fetch of Node does not send) or,
 * on a plain-HTTP name that they do not trust, where a GET carries neither, as every browser names itself.
 */
function isFromBrowser({ headers }: IncomingMessage): boolean {
  const { origin, 'sec-fetch-site': site, 'accept-language': language, 'user-agent': agent = '' } = headers
  return (
    origin !== undefined || site !== undefined || (language !== undefined && agent.startsWith('Mozilla/'))
  )
}
