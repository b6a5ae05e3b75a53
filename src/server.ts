import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { Config } from './config.ts'
import { plantable } from './distribution/faults.ts'
import { registryDoor } from './distribution/index.ts'
import { plantedFaults } from './domain/faults.ts'
import { plantFindings } from './domain/planted-findings.ts'
import type { Quotas } from './domain/quotas.ts'
import { keyFor, serverKey } from './domain/server-key.ts'
import { setClock } from './domain/set-clock.ts'
import { sweep } from './domain/sweep.ts'
import { errorsOf } from './ecr/door.ts'
import { service } from './generated/ecr/operations.ts'
import { changeClock } from './operator/clock.ts'
import { listEvents } from './operator/events.ts'
import { explainAccess } from './operator/explain.ts'
import { changeFaults } from './operator/faults.ts'
import { changeFindings } from './operator/findings.ts'
import { evaluateLifecycle } from './operator/lifecycle.ts'
import { parseCredentialsFile, type StaticCredentials } from './protocol/credentials-file.ts'
import type { Registry } from './rules/registry.ts'
import { refuseBroken, refuseUnclearHost } from './server/broken-requests.ts'
import { refusalOfBrowser, refuseBrowser } from './server/browsers.ts'
import { deliverEvents } from './server/event-delivery.ts'
import { type EventTarget, eventBridge, webhook } from './server/event-targets.ts'
import { expressDoors } from './server/express-doors.ts'
import { readFindingsFile } from './server/findings-file.ts'
import { layerUrls } from './server/layer-urls.ts'
import { listen, reachableName, stop } from './server/listen.ts'
import { openLog } from './server/log.ts'
import { openDomain } from './server/open-domain.ts'
import { reachableBy } from './server/reachable.ts'
import { settleTarget } from './server/request-target.ts'
import type { RunningServer, StartOptions } from './server/running-server.ts'
import { temporaryDirectory } from './server/temporary-directory.ts'
import type { Tls } from './server/tls/open.ts'
import { checkSecrets, elsewhereOf } from './server/upstream-options.ts'
import { lockDirectory } from './store/directory-lock.ts'

export type { RunningServer, StartOptions }

/** Longer than clients keep idle connections: one that ends under the next request fails it. Node's is 5 s. */
const KEEP_ALIVE_MILLISECONDS = 65_000

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}

/**
 * Starts a server: opens the stores, then listens, then collects what earlier runs left behind.
 *
 * @throws when the port can't be had, or UnusableDatabase when the data directory can't be used
 */
export async function startServer(config: Config, { quotas }: StartOptions = {}): Promise<RunningServer> {
  const temporary = config.inMemory ? await temporaryDirectory() : undefined
  const lock = config.inMemory ? undefined : lockDirectory(config.dataDir)
  async function leave(): Promise<void> {
    lock?.release()
    await temporary?.remove()
  }
  try {
    return await startIn(config, quotas, temporary?.path ?? config.dataDir, leave)
  } catch (error) {
    await leave()
    throw error
  }
}

async function startIn(
  config: Config,
  quotas: Partial<Quotas> | undefined,
  dataDirectory: string,
  leave: () => Promise<void>,
): Promise<RunningServer> {
  const credentials = config.credentials === undefined ? new Map() : readCredentials(config.credentials)
  const elsewhere = elsewhereOf(config)
  await checkSecrets(config.secrets)
  const findings = config.findings === undefined ? undefined : readFindingsFile(config.findings)
  const log = openLog(config)
  const onFault = log.fault
  const machine = (): number => Date.now()
  const { domain, clock, worker } = await openDomain({
    config,
    quotas,
    dataDirectory,
    elsewhere,
    machine,
    log,
  })
  const { database } = domain
  const key = await serverKey(database)
  const tokenKey = keyFor(key, 'authorization-token')
  const links = layerUrls(keyFor(key, 'layer-url'), domain.clock.now)
  const defaults: Registry = { accountId: config.accountId, region: config.region }
  const bed = { faults: plantedFaults(), errorsOf, plantable }
  const { faults } = bed
  let isServing = true

  const server = createServer({
    // An upload may take as long as it takes.
    requestTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MILLISECONDS,
    headersTimeout: KEEP_ALIVE_MILLISECONDS + 1000,
  })
  refuseBroken(server)
  const { tls, port } = await openPort(server, config, dataDirectory, onFault).catch(
    async (error: unknown) => {
      await database.close()
      throw error
    },
  )
  const ownHost = `${reachableName(config.host)}:${port}`
  const reachable = reachableBy({ template: config.registryHost, port, links })

  async function reset(registry?: Registry): Promise<void> {
    await database.clear(registry)
    if (!registry) {
      faults.replace([])
      await setClock(database, clock, { isReset: true })
      await plantFindings(domain, findings ?? [])
      // A clock that stood still woke nobody.
      worker.nudge()
    }
    await sweep(domain)
  }

  const registryRequests = registryDoor({
    domain,
    faults,
    tokenKey,
    defaultRegistry: defaults,
    anonymous: config.anonymous,
    wire: config.wire,
    layerUrl: links.sign,
    openLayerUrl: links.open,
    onFault,
  })
  const otherRequests = expressDoors(
    {
      domain,
      clock,
      ...bed,
      version,
      describe: () => describeProcess(config),
      authority: tls?.authority,
      isServing: () => isServing,
      reset,
    },
    {
      ecr: { domain, faults, tokenKey, pageKey: keyFor(key, 'page-token') },
      sts: { domain },
      principals: { database, clock, machine, credentials, defaults, auth: config.auth },
      reachable,
      onFault,
    },
  )
  server.on('request', (request, response) => {
    log.request(request, response)
    if (!settleTarget(request, ownHost)) return refuseUnclearHost(request, response)
    const refusal = refusalOfBrowser(request, config)
    if (refusal !== undefined) return refuseBrowser(response, refusal)
    const isRegistry = /^\/(?:v2|layers)(?:[/?]|$)/.test(request.url ?? '')
    if (isRegistry) registryRequests(request, response)
    else otherRequests(request, response)
  })

  if (findings) await plantFindings(domain, findings)
  worker.nudge()
  const deliveries = targetsOf(config).map((target) => deliverEvents(domain, target, onFault))

  async function close(): Promise<void> {
    isServing = false
    const stopped = Promise.all([
      worker.stop(),
      domain.scanner?.stop(),
      ...deliveries.map((delivery) => delivery.stop()),
    ])
    await stop(server, tls?.connections)
    domain.upstreams.close()
    await domain.imports.settle()
    await stopped
    await database.close()
    await leave()
  }
  let closing: Promise<void> | undefined

  return {
    url: `http://${ownHost}`,
    registry: ownHost,
    port,
    httpsUrl: tls && `https://${ownHost}`,
    ca: tls?.authority,
    reset,
    clock: (change = {}) => changeClock(domain, clock, change),
    faults: async (planted) => changeFaults(bed, planted),
    findings: (planted) => changeFindings(domain, planted),
    events: (after) => listEvents(domain, after),
    explain: (question) => explainAccess(domain, question),
    lifecycle: (question = {}) => evaluateLifecycle(domain, question),
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

/** Listens, for HTTPS too where it is asked for: only then is anything of TLS loaded. */
async function openPort(
  server: Server,
  config: Config,
  dataDirectory: string,
  onFault: (error: unknown) => void,
): Promise<{ port: number; tls: Tls | undefined }> {
  const isWanted = config.tls || config.tlsCert !== undefined
  const tls = isWanted
    ? await (await import('./server/tls/open.ts')).openTls(server, config, dataDirectory, onFault)
    : undefined
  return { tls, port: await listen(server, config.port, config.host) }
}

function targetsOf({ eventsUrl, eventbridgeUrl }: Config): EventTarget[] {
  return [
    ...(eventsUrl ? [webhook(eventsUrl)] : []),
    ...(eventbridgeUrl ? [eventBridge(eventbridgeUrl)] : []),
  ]
}

/** @throws UnusableCredentials, or what the file system says of a file that is not there */
function readCredentials(file: string): Map<string, StaticCredentials> {
  return parseCredentialsFile(readFileSync(file, 'utf8'))
}

/** Configuration and resources; what is secret lies in files, whose names are not, and in the path of a webhook. */
function describeProcess(config: Config): object {
  const { rss, heapUsed } = process.memoryUsage()
  return {
    configuration: { ...config, ...(config.eventsUrl && { eventsUrl: new URL(config.eventsUrl).origin }) },
    apiVersion: service.apiVersion,
    uptimeSeconds: Math.round(process.uptime()),
    memory: { rssBytes: rss, heapUsedBytes: heapUsed },
  }
}
