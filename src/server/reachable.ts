import type { IncomingMessage } from 'node:http'
import { connectionOf } from '../domain/connection.ts'
import type { Reachable } from '../ecr/door.ts'
import { isAmazonHost, type Registry } from '../rules/registry.ts'
import type { LayerUrls } from './layer-urls.ts'

/** Where a request came to, as its sender wrote it. */
export interface Origin {
  readonly scheme: 'http' | 'https'
  /** Host, and port if any. */
  readonly host: string
}

export function originOf({ headers: { host = '' }, socket }: IncomingMessage): Origin {
  return { scheme: connectionOf(socket).isSecure ? 'https' : 'http', host }
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

/** How the sender of a request reaches registries and their layers: by the scheme and host that it used itself. */
export function reachableBy({
  template,
  port,
  links,
}: {
  /** Of `--registry-host`. */
  template: string | undefined
  port: number
  links: LayerUrls
}): (request: IncomingMessage) => Reachable {
  return (request) => {
    const origin = originOf(request)
    const hostOf = (registry: Registry): string => registryHost(template, origin, port, registry)
    return {
      registryHost: hostOf,
      registryUrl: (registry) => {
        const host = hostOf(registry)
        // An endpoint of AWS is https; docker-credential-ecr-login takes no other.
        const scheme = template !== undefined && isAmazonHost(host) ? 'https' : origin.scheme
        return `${scheme}://${host}`
      },
      layerUrl: (registry, repositoryName, digest) =>
        `${origin.scheme}://${origin.host}${links.sign({ registry, repositoryName, digest }, origin.host)}`,
    }
  }
}
