import type { Listener } from '../distribution/door.ts'
import { service } from '../generated/ecr/operations.ts'
import type { ServerContext } from './context.ts'
import { ecrCallsOf } from './ecr-requests.ts'
import { expressDoors } from './express-doors.ts'
import { faultBed } from './fault-bed.ts'

/** The operator's door, and of the AWS door STS's half and what is neither's. */
export function otherRequests(context: ServerContext): Listener {
  const { domain, clock, faults, version, authority, reset } = context
  return expressDoors(
    {
      domain,
      clock,
      ...faultBed(faults),
      version,
      describe: () => describeProcess(context),
      authority,
      reset,
    },
    { ...ecrCallsOf(context), sts: { domain } },
  )
}

/** Configuration and resources; what is secret lies in files, whose names are not, and in the path of a webhook. */
function describeProcess({ config }: ServerContext): object {
  const { rss, heapUsed } = process.memoryUsage()
  return {
    configuration: { ...config, ...(config.eventsUrl && { eventsUrl: new URL(config.eventsUrl).origin }) },
    apiVersion: service.apiVersion,
    uptimeSeconds: Math.round(process.uptime()),
    memory: { rssBytes: rss, heapUsedBytes: heapUsed },
  }
}
