import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { openDisk } from './blob/disk.ts'
import { metadataFile } from './blob/path.ts'
import type { Config } from './config.ts'
import { registryDoor } from './distribution/index.ts'
import { background, type Task } from './domain/background.ts'
import { movableClock } from './domain/clock.ts'
import { rescanDaily } from './domain/continuous-scan.ts'
import type { Domain } from './domain/domain.ts'
import type { Envelope } from './domain/events.ts'
import type { Explanation } from './domain/explain.ts'
import { plantedFaults } from './domain/faults.ts'
import { openImports } from './domain/imports.ts'
import { openPlantedFindings, plantFindings } from './domain/planted-findings.ts'
import { dropOldPreviews } from './domain/preview-lifecycle.ts'
import { defaultQuotas, type Quotas } from './domain/quotas.ts'
import { type LifecycleReport, runLifecycle } from './domain/run-lifecycle.ts'
import type { Scanner } from './domain/scanner.ts'
import { keyFor, serverKey } from './domain/server-key.ts'
import { savedClock, setClock } from './domain/set-clock.ts'
import { sweep } from './domain/sweep.ts'
import { errorsOf, type Reachable } from './ecr/door.ts'
import { service } from './generated/ecr/operations.ts'
import { type ClockChange, type ClockView, changeClock } from './operator/clock.ts'
import { listEvents } from './operator/events.ts'
import { type AccessQuestion, explainAccess } from './operator/explain.ts'
import { changeFindings } from './operator/findings.ts'
import { evaluateLifecycle, type LifecycleQuestion } from './operator/lifecycle.ts'
import { parseCredentialsFile, type StaticCredentials } from './protocol/credentials-file.ts'
import { keyedLock } from './rules/keyed-lock.ts'
import type { PlantedFindings } from './rules/planted-findings.ts'
import type { Registry } from './rules/registry.ts'
import { signal } from './rules/signal.ts'
import { refusalOfBrowser, refuseBrowser } from './server/browsers.ts'
import { deliverEvents } from './server/event-delivery.ts'
import { type EventTarget, eventBridge, webhook } from './server/event-targets.ts'
import { expressDoors } from './server/express-doors.ts'
import { readFindingsFile } from './server/findings-file.ts'
import { layerUrls } from './server/layer-urls.ts'
import { listen, reachableName, stop } from './server/listen.ts'
import { openLog } from './server/log.ts'
import { originOf, registryHost } from './server/reachable.ts'
import { scannerProgram } from './server/scanner.ts'
import { temporaryDirectory } from './server/temporary-directory.ts'
import { checkSecrets, elsewhereOf } from './server/upstream-options.ts'
import { lockDirectory } from './store/directory-lock.ts'
import { openSqlite } from './store/sqlite.ts'
import { openUpstreams } from './upstream/registries.ts'
import { openSecrets } from './upstream/secrets.ts'

/** A server that answers. */
export interface RunningServer {
  /** The endpoint of AWS clients, `http://localhost:3270`. */
  readonly url: string
  /** The host and port of the registry, `localhost:3270`. */
  readonly registry: string
  readonly port: number
  /** Forgets everything, or everything of one registry. */
  reset(registry?: Registry): Promise<void>
  /** Moves or stops the server's clock; what became due is done before the promise resolves. */
  clock(change?: ClockChange): Promise<ClockView>
  /** What is planted for scans to find; a list that is given takes its place. */
  findings(planted?: readonly PlantedFindings[]): Promise<readonly PlantedFindings[]>
  /** What happened, oldest first, as EventBridge would be told; after the event with the id `after`. */
  events(after?: string): Promise<Envelope[]>
  /** Whether the policies let a principal do something, and which statement decided. */
  explain(question: AccessQuestion): Promise<Explanation>
  /** Evaluates lifecycle policies now, and does what they say; with `dryRun` explains each image instead. */
  lifecycle(question?: LifecycleQuestion): Promise<LifecycleReport[]>
  /** Stops answering and lets go of everything, within a second. */
  close(): Promise<void>
}

export interface StartOptions {
  /** Quotas that differ from those of a new AWS account. */
  readonly quotas?: Partial<Quotas> | undefined
}

/** Longer than clients keep idle connections: one that ends under the next request fails it. Node's is 5 s. */
const KEEP_ALIVE_MILLISECONDS = 65_000

const HOUR_MILLISECONDS = 60 * 60 * 1000

/** What recurs; lifecycle policies before bytes are collected that nobody owns. */
const tasks: readonly Task[] = [
  (domain: Domain, signal: AbortSignal) => runLifecycle(domain, { signal }),
  (domain: Domain) => dropOldPreviews(domain),
  (domain: Domain) => rescanDaily(domain),
  (domain: Domain, signal: AbortSignal) => sweep(domain, { signal }),
].map((work) => ({
  everyMilliseconds: HOUR_MILLISECONDS,
  run: async (domain, signal) => void (await work(domain, signal)),
}))

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
  const durable = !config.inMemory
  const credentials = config.credentials === undefined ? new Map() : readCredentials(config.credentials)
  const elsewhere = elsewhereOf(config)
  await checkSecrets(config.secrets)
  const findings = config.findings === undefined ? undefined : readFindingsFile(config.findings)
  const log = openLog(config)
  const onFault = log.fault
  const database = openSqlite({ file: metadataFile(dataDirectory), durable })
  const machine = (): number => Date.now()
  const setting = await savedClock(database)
  const clock = movableClock(machine, setting)
  if (setting?.offset || setting?.frozenAt)
    log.notice(`the clock was moved before the restart: it says ${new Date(clock.now()).toISOString()}`)
  const worker = background({
    domain: () => domain,
    tasks,
    isFrozen: () => clock.state().isFrozen,
    onFault,
  })
  const domain: Domain = {
    database,
    blobs: await openDisk({ dataDirectory, durable }),
    clock,
    background: worker,
    eventsChanged: signal(),
    quotas: { ...defaultQuotas, ...quotas },
    newId: randomUUID,
    manifestKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    digestLock: keyedLock(),
    uploadLock: keyedLock(),
    lifecycleLock: keyedLock(),
    upstreams: openUpstreams({ elsewhere }),
    secrets: openSecrets(config.secrets),
    imports: openImports(onFault),
    plantedFindings: await openPlantedFindings(database),
    scanner: scannerOf(config),
  }
  const key = await serverKey(database)
  const tokenKey = keyFor(key, 'authorization-token')
  const links = layerUrls(keyFor(key, 'layer-url'), domain.clock.now)
  const defaults: Registry = { accountId: config.accountId, region: config.region }
  const faults = plantedFaults()
  let isServing = true

  const server = createServer({
    // An upload may take as long as it takes.
    requestTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MILLISECONDS,
    headersTimeout: KEEP_ALIVE_MILLISECONDS + 1000,
  })
  const port = await listen(server, config.port, config.host).catch(async (error: unknown) => {
    await database.close()
    throw error
  })
  const ownHost = `${reachableName(config.host)}:${port}`

  function reachable(request: IncomingMessage): Reachable {
    const origin = originOf(request, ownHost)
    const hostOf = (registry: Registry): string => registryHost(config.registryHost, origin, port, registry)
    return {
      registryHost: hostOf,
      registryUrl: (registry) => `${origin.scheme}://${hostOf(registry)}`,
      layerUrl: (registry, repositoryName, digest) =>
        `${origin.scheme}://${origin.host}${links.sign({ registry, repositoryName, digest }, origin.host)}`,
    }
  }

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
      faults,
      errorsOf,
      version,
      describe: () => describeProcess(config),
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
    await stop(server)
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
    reset,
    clock: (change = {}) => changeClock(domain, clock, change),
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

function scannerOf({ scanner, scannerTimeout }: Config): Scanner | undefined {
  return scanner === undefined
    ? undefined
    : scannerProgram({ program: scanner, timeoutSeconds: scannerTimeout })
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
