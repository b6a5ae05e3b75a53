import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { Reachable } from '../ecr/door.ts'
import type { Registry } from '../rules/registry.ts'
import type { LayerUrls } from './layer-urls.ts'

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
function registryHost(
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

/** A host that Amazon answers for, at the port of HTTPS. */
const AMAZONS = /\.amazonaws\.com(?:\.cn)?$/

/** How the sender of a request reaches registries and their layers: by the scheme and host that it used itself. */
export function reachableBy({
  template,
  ownHost,
  port,
  links,
}: {
  /** Of `--registry-host`. */
  template: string | undefined
  ownHost: string
  port: number
  links: LayerUrls
}): (request: IncomingMessage) => Reachable {
  return (request) => {
    const origin = originOf(request, ownHost)
    const hostOf = (registry: Registry): string => registryHost(template, origin, port, registry)
    return {
      registryHost: hostOf,
      registryUrl: (registry) => {
        const host = hostOf(registry)
        // An endpoint of AWS is https; docker-credential-ecr-login takes no other.
        const scheme = template !== undefined && AMAZONS.test(host) ? 'https' : origin.scheme
        return `${scheme}://${host}`
      },
      layerUrl: (registry, repositoryName, digest) =>
        `${origin.scheme}://${origin.host}${links.sign({ registry, repositoryName, digest }, origin.host)}`,
    }
  }
}
