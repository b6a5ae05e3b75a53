import { isIP } from 'node:net'
import { isAmazonHost } from '../rules/registry.ts'

/** The names by which this server may be meant beside `localhost`, addresses and ECR's own names. */
export interface OwnNames {
  /** What it listens on. */
  readonly host: string
  /** The template of `--registry-host`. */
  readonly registryHost?: string | undefined
  /** Names and addresses that a user added. */
  readonly allowedHost: readonly string[]
}

/** The host of a `Host` header, without its port or the brackets of IPv6, in lower case. */
export function hostnameOf(host: string): string {
  return host
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()
}

/** How containers name this machine, at Docker Desktop, Podman and k3d. Nobody can have a name below `.internal`. */
const FROM_CONTAINERS = /^host\.(?:docker|containers|k3d)\.internal$/

/** Whether a name in lower case, or an address, may stand for this server. */
export function isOwnName(hostname: string, { host, registryHost, allowedHost }: OwnNames): boolean {
  if (isIP(hostname) !== 0 || hostname === 'localhost' || hostname.endsWith('.localhost')) return true
  if (FROM_CONTAINERS.test(hostname)) return true
  if ([host, ...allowedHost].some((name) => name.toLowerCase() === hostname)) return true
  // Of ECR's names only those that Amazon has: anybody can have such a name under a domain of their own.
  if (isAmazonHost(hostname)) return true
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
