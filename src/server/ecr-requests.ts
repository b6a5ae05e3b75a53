import type { Listener } from '../distribution/door.ts'
import { keyFor } from '../domain/server-key.ts'
import type { ServerContext } from './context.ts'
import { answerEcr, type EcrCalls } from './ecr-calls.ts'
import { layerUrlsOf } from './layer-urls.ts'
import { reachableBy } from './reachable.ts'

/** The half of the AWS door that is ECR's. */
export function ecrRequests(context: ServerContext): Listener {
  const calls = ecrCallsOf(context)
  return (request, response) => {
    answerEcr(calls, request, response).catch(context.onFault)
  }
}

export function ecrCallsOf(context: ServerContext): EcrCalls {
  const { config, domain, clock, faults, machine, key, credentials, defaults, port, onFault } = context
  return {
    ecr: {
      domain,
      faults,
      tokenKey: keyFor(key, 'authorization-token'),
      pageKey: keyFor(key, 'page-token'),
    },
    principals: { database: domain.database, clock, machine, credentials, defaults, auth: config.auth },
    reachable: reachableBy({ template: config.registryHost, port, links: layerUrlsOf(context) }),
    onFault,
  }
}
