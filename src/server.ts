import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { Config } from './config.ts'
import { repeatedAnswers } from './distribution/repeated-answers.ts'
import type { Domain } from './domain/domain.ts'
import { plantedFaults } from './domain/faults.ts'
import { keepUploads } from './domain/keep-uploads.ts'
import type { Quotas } from './domain/quotas.ts'
import { endRun } from './domain/upload-runs.ts'
import { answerHealth, type Health } from './operator/health.ts'
import { parseCredentialsFile, type StaticCredentials } from './protocol/credentials-file.ts'
import { isDiskFull } from './rules/disk-full.ts'
import type { PlantedFindings } from './rules/planted-findings.ts'
import type { Registry } from './rules/registry.ts'
import { StorageMissing } from './rules/storage-missing.ts'
import { AnswerOfATurn } from './server/answers-of-a-turn.ts'
import { refuseBroken, refuseUnclearHost } from './server/broken-requests.ts'
import { refusalOfBrowser, refuseBrowser } from './server/browsers.ts'
import type { ServerContext } from './server/context.ts'
import type { EventDelivery } from './server/event-delivery.ts'
import { lazyDoor } from './server/lazy-door.ts'
import { listen, reachableName, stop } from './server/listen.ts'
import { openLog } from './server/log.ts'
import { openDomain } from './server/open-domain.ts'
import { settleTarget } from './server/request-target.ts'
import type { RunningServer, StartOptions } from './server/running-server.ts'
import { temporaryDirectory } from './server/temporary-directory.ts'
import type { Tls } from './server/tls/open.ts'
import { checkSecrets, elsewhereOf } from './server/upstream-options.ts'
import { whichDoor } from './server/which-door.ts'
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
  const elsewhere = await elsewhereOf(config)
  await checkSecrets(config.secrets)
  const findings = config.findings === undefined ? undefined : await readFindings(config.findings)
  const log = openLog(config)
  const onFault = log.fault
  const machine = (): number => Date.now()
  const { domain, clock, worker, key } = await openDomain({
    config,
    quotas,
    dataDirectory,
    elsewhere,
    machine,
    log,
  })
  const { database } = domain
  const defaults: Registry = { accountId: config.accountId, region: config.region }
  const faults = plantedFaults()
  const answers = repeatedAnswers(domain, faults)
  let isServing = true

  const server = createServer({
    ServerResponse: AnswerOfATurn,
    // An upload may take as long as it takes.
    requestTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MILLISECONDS,
    headersTimeout: KEEP_ALIVE_MILLISECONDS + 1000,
  })
  refuseBroken(server)
  const { tls, port } = await openPort(server, config, dataDirectory, onFault).catch(
    async (error: unknown) => {
      // It answered nobody: the next process has nothing to look for.
      await database.write((tx) => endRun(tx, domain.begunUploads.runs)).catch(() => undefined)
      await database.close()
      throw error
    },
  )
  const ownHost = `${reachableName(config.host)}:${port}`

  async function reset(registry?: Registry): Promise<void> {
    const { resetServer } = await import('./server/reset.ts')
    await resetServer({ domain, clock, worker, faults, findings: findings ?? [] }, registry)
  }

  const context: ServerContext = {
    ...{ config, domain, clock, faults, answers, machine, key, credentials, defaults },
    ...{ version, port, ownHost, authority: tls?.authority, reset, onFault },
  }
  const health: Health = { version, isServing: () => isServing }
  const registryRequests = lazyDoor(
    async () => (await import('./server/registry-requests.ts')).registryRequests(context),
    onFault,
  )
  const ecrRequests = lazyDoor(
    async () => (await import('./server/ecr-requests.ts')).ecrRequests(context),
    onFault,
  )
  const otherRequests = lazyDoor(
    async () => (await import('./server/other-requests.ts')).otherRequests(context),
    onFault,
  )
  server.on('request', (request, response) => {
    log.request(request, response)
    if (answers.repeat(request, response)) return
    if (!settleTarget(request, ownHost)) return refuseUnclearHost(request, response)
    const refusal = refusalOfBrowser(request, config)
    if (refusal !== undefined) return refuseBrowser(response, refusal)
    const door = whichDoor(request)
    if (door === 'registry') registryRequests(request, response)
    else if (door === 'ecr') ecrRequests(request, response)
    else if (!answerHealth(health, request, response)) otherRequests(request, response)
  })

  if (findings) await (await import('./domain/plant-findings.ts')).plantFindings(domain, findings)
  worker.nudge()
  const deliveries = await deliverTo(config, domain, onFault)

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
    // Where the disk takes nothing, the next process finds that this one ended without a word.
    await keepUploads(domain).catch((error: unknown) => {
      if (!isDiskFull(error) && !(error instanceof StorageMissing)) onFault(error)
    })
    await domain.blobs.close()
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
    clock: async (change = {}) => (await import('./operator/clock.ts')).changeClock(domain, clock, change),
    faults: async (planted) => {
      const { changeFaults } = await import('./operator/faults.ts')
      return changeFaults((await import('./server/fault-bed.ts')).faultBed(faults), planted)
    },
    findings: async (planted) => (await import('./operator/findings.ts')).changeFindings(domain, planted),
    events: async (after) => (await import('./operator/events.ts')).listEvents(domain, after),
    explain: async (question) => (await import('./operator/explain.ts')).explainAccess(domain, question),
    lifecycle: async (question = {}) =>
      (await import('./operator/lifecycle.ts')).evaluateLifecycle(domain, question),
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

/** Nothing of events that are sent is loaded for a server that sends none. */
async function deliverTo(
  { eventsUrl, eventbridgeUrl }: Config,
  domain: Domain,
  onFault: (error: unknown) => void,
): Promise<EventDelivery[]> {
  if (eventsUrl === undefined && eventbridgeUrl === undefined) return []
  const [{ deliverEvents }, { eventBridge, webhook }] = await Promise.all([
    import('./server/event-delivery.ts'),
    import('./server/event-targets.ts'),
  ])
  const targets = [
    ...(eventsUrl === undefined ? [] : [webhook(eventsUrl)]),
    ...(eventbridgeUrl === undefined ? [] : [eventBridge(eventbridgeUrl)]),
  ]
  return targets.map((target) => deliverEvents(domain, target, onFault))
}

/** @throws UnusableCredentials, or what the file system says of a file that is not there */
function readCredentials(file: string): Map<string, StaticCredentials> {
  return parseCredentialsFile(readFileSync(file, 'utf8'))
}

/** @throws UnusableFindings */
async function readFindings(file: string): Promise<PlantedFindings[]> {
  return (await import('./server/findings-file.ts')).readFindingsFile(file)
}
