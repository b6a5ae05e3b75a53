import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { hasBlobs, openDisk } from '../blob/disk.ts'
import { metadataFile } from '../blob/path.ts'
import type { Config } from '../config.ts'
import { allBlobs } from '../domain/all-blobs.ts'
import { type Background, background } from '../domain/background.ts'
import { begunUploads } from '../domain/begun-uploads.ts'
import { type MovableClock, movableClock } from '../domain/clock.ts'
import type { Domain } from '../domain/domain.ts'
import { openImports } from '../domain/imports.ts'
import { openPlantedFindings } from '../domain/planted-findings.ts'
import { defaultQuotas, type Quotas } from '../domain/quotas.ts'
import type { Scanner } from '../domain/scanner.ts'
import { keyFor, serverKey } from '../domain/server-key.ts'
import { savedClock } from '../domain/set-clock.ts'
import { beginRun } from '../domain/upload-runs.ts'
import { keyedLock } from '../rules/keyed-lock.ts'
import { signal } from '../rules/signal.ts'
import { UnusableDatabase } from '../store/open-writer.ts'
import { openSqlite } from '../store/sqlite.ts'
import { openUpstreams } from '../upstream/registries.ts'
import { openSecrets } from '../upstream/secrets.ts'
import type { Log } from './log.ts'
import { recurringWork } from './recurring-work.ts'

interface DomainOptions {
  readonly config: Config
  readonly quotas: Partial<Quotas> | undefined
  readonly dataDirectory: string
  /** Where upstreams are instead. */
  readonly elsewhere: Parameters<typeof openUpstreams>[0]['elsewhere']
  /** Epoch milliseconds, by the machine's clock. */
  readonly machine: () => number
  readonly log: Log
}

/**
 * Opens the stores, and what works on them beside requests.
 *
 * @throws UnusableDatabase
 */
export async function openDomain({
  config,
  quotas,
  dataDirectory,
  elsewhere,
  machine,
  log,
}: DomainOptions): Promise<{ domain: Domain; clock: MovableClock; worker: Background; key: Buffer }> {
  const durable = !config.inMemory
  await checkMetadata(dataDirectory)
  const database = openSqlite({ file: metadataFile(dataDirectory), durable })
  const setting = await savedClock(database)
  const clock = movableClock(machine, setting)
  if (setting?.offset || setting?.frozenAt)
    log.notice(`the clock was moved before the restart: it says ${new Date(clock.now()).toISOString()}`)
  const worker = background({
    domain: () => domain,
    tasks: recurringWork,
    isFrozen: () => clock.state().isFrozen,
    onFault: log.fault,
  })
  const key = await serverKey(database)
  const runs = await database.write((tx) => beginRun(tx, clock.now()))
  const domain: Domain = {
    database,
    begunUploads: begunUploads(keyFor(key, 'uploads'), runs, randomUUID),
    blobs: allBlobs(database, await openDisk({ dataDirectory, durable })),
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
    imports: openImports(log.fault),
    plantedFindings: await openPlantedFindings(database),
    scanner: await scannerOf(config),
  }
  return { domain, clock, worker, key }
}

/**
 * Without its metadata a data directory would be taken for a new one, and its blobs for those of nobody.
 *
 * @throws UnusableDatabase
 */
async function checkMetadata(dataDirectory: string): Promise<void> {
  const file = metadataFile(dataDirectory)
  const metadata = await stat(file).catch(() => undefined)
  if ((metadata && metadata.size > 0) || !(await hasBlobs(dataDirectory))) return
  throw new UnusableDatabase(
    `${file} is ${metadata ? 'empty' : 'gone'}, and what it knew the owners of is not; ` +
      'put it back, or choose another --data-dir',
  )
}

async function scannerOf({ scanner, scannerTimeout }: Config): Promise<Scanner | undefined> {
  if (scanner === undefined) return undefined
  const { scannerProgram } = await import('./scanner.ts')
  return scannerProgram({ program: scanner, timeoutSeconds: scannerTimeout })
}
