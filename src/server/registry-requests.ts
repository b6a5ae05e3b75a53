import type { Listener } from '../distribution/door.ts'
import { registryDoor } from '../distribution/index.ts'
import { keyFor } from '../domain/server-key.ts'
import type { ServerContext } from './context.ts'
import { layerUrlsOf } from './layer-urls.ts'

/** The registry door of a server. */
export function registryRequests(context: ServerContext): Listener {
  const { config, domain, faults, answers, defaults, key, onFault } = context
  const links = layerUrlsOf(context)
  return registryDoor({
    domain,
    faults,
    answers,
    tokenKey: keyFor(key, 'authorization-token'),
    defaultRegistry: defaults,
    anonymous: config.anonymous,
    wire: config.wire,
    layerUrl: links.sign,
    openLayerUrl: links.open,
    onFault,
  })
}
