import type { IncomingMessage, ServerResponse } from 'node:http'
import { isIP } from 'node:net'
import { parseRegistryHost } from '../rules/registry.ts'
import { originOf } from './reachable.ts'

/** The names by which this server may be meant beside `localhost`, addresses and ECR's own names. */
export interface OwnNames {
  /** What it listens on. */
  readonly host: string
  /** The template of `--registry-host`. */
  readonly registryHost?: string | undefined
}

/**
 * Why a browser's request must not be answered, or undefined. No web page but our own may reach a developer's
 * registry: neither from its own origin, nor by a name of its own that it lets point here (DNS rebinding).
 * Preflights come with a foreign `Origin`, and are refused with it.
 */
export function refusalOfBrowser(request: IncomingMessage, names: OwnNames): string | undefined {
  const { headers } = request
  const { scheme, host } = originOf(request, '')
  if (headers.origin !== undefined && headers.origin.toLowerCase() !== `${scheme}://${host}`.toLowerCase())
    return `A page of ${headers.origin} may not call this server`
  if (isFromBrowser(request) && !isOwnName(hostnameOf(host), names))
    return `A browser may not reach this server as ${host}; use localhost or its address`
  return undefined
}

/** Answers a browser that is refused, without CORS headers, in a form that every door's clients can read. */
export function refuseBrowser(response: ServerResponse, message: string): void {
  const body = JSON.stringify({ __type: 'AccessDeniedException', message })
  response.writeHead(403, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) })
  response.end(body)
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

function hostnameOf(host: string): string {
  return host
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()
}

function isOwnName(hostname: string, { host, registryHost }: OwnNames): boolean {
  if (isIP(hostname) !== 0 || hostname === 'localhost' || hostname.endsWith('.localhost')) return true
  if (hostname === host.toLowerCase()) return true
  // Only under Amazon's domains: anybody can have such a name under a domain of their own.
  if (parseRegistryHost(hostname)) return /\.(?:amazonaws\.com(?:\.cn)?|on\.aws)$/.test(hostname)
  return registryHost !== undefined && isOfTemplate(hostname, hostnameOf(registryHost.replace('{port}', '0')))
}

function isOfTemplate(hostname: string, template: string): boolean {
  const pattern = template
    .split(/(\{account\}|\{region\})/)
    .map((part) => PLACEHOLDERS[part] ?? part.replace(/[^\w-]/g, '\\$&'))
    .join('')
  return new RegExp(`^${pattern}$`).test(hostname)
}

const PLACEHOLDERS: Readonly<Record<string, string>> = {
  '{account}': '[0-9]{12}',
  '{region}': '[a-z0-9-]{2,25}',
}
