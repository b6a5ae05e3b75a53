import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { Registry } from '../rules/registry.ts'

/** Where a request came to, as its sender wrote it. */
export interface Origin {
  readonly scheme: 'http' | 'https'
  /** Host, and port if any. */
  readonly host: string
}

/** @param fallbackHost for a request of HTTP/1.0 without a Host */
export function originOf(request: IncomingMessage, fallbackHost: string): Origin {
  const scheme = (request.socket as Partial<TLSSocket>).encrypted ? 'https' : 'http'
  return { scheme, host: request.headers.host || fallbackHost }
}

/**
 * The host at which a registry is reached: the one that the caller used itself, so that a `repositoryUri`
 * works where it was asked for, or what `--registry-host` makes of account, region and port.
 */
export function registryHost(
  template: string | undefined,
  origin: Origin,
  port: number,
  registry: Registry,
): string {
  if (template === undefined) return origin.host
  return template
    .replaceAll('{account}', registry.accountId)
    .replaceAll('{region}', registry.region)
    .replaceAll('{port}', String(port))
}
