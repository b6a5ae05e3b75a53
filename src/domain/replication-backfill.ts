import type { Registry } from '../rules/registry.ts'
import { registryKey } from '../rules/registry.ts'
import { destinationsOf } from '../rules/replication.ts'
import type { Backfill, BackfillItem, Reads, Writes } from '../store/database.ts'
import type { Domain } from './domain.ts'
import { Refused } from './errors.ts'
import { enqueue, type JobPayloads } from './jobs.ts'
import { INTERNAL_ERROR, replicateImage } from './replicate-image.ts'
import { REPLICATION_MILLISECONDS, replicationConfigurationOf } from './replication.ts'

/** API reference, StartReplicationBackfill. */
const MAX_RUNNING = 10

/** API reference, ListReplicationBackfills. */
const KEPT_MILLISECONDS = 90 * 24 * 60 * 60 * 1000

/** So many images are copied before other jobs that are due get their turn. */
const BATCH = 20

/**
 * Begins to replicate what is in the repositories that a destination's rules name.
 *
 * @throws Refused ReplicationNotConfigured, BackfillRunning, QuotaExceeded
 */
export async function startBackfill(
  tx: Writes,
  domain: Domain,
  registry: Registry,
  destination: Registry,
): Promise<Backfill> {
  const registryId = registry.accountId
  const { rules } = await replicationConfigurationOf(tx, registry)
  const isConfigured = rules
    .flatMap(({ destinations }) => destinations)
    .some(
      ({ region, registryId }) => registryKey({ region, accountId: registryId }) === registryKey(destination),
    )
  if (!isConfigured) throw new Refused('ReplicationNotConfigured', { registryId, destination })
  const running = await tx.backfills.running(registry)
  const { region } = destination
  if (running.some((backfill) => backfill.destination.region === region))
    throw new Refused('BackfillRunning', { registryId, region })
  if (running.length >= MAX_RUNNING)
    throw new Refused('QuotaExceeded', { quota: 'replication backfills in progress', limit: MAX_RUNNING })

  const id = domain.newId()
  const startedAt = domain.clock.now()
  await tx.backfills.insert({ id, registry, destination, status: 'PREPARING', startedAt })
  await schedule(tx, domain, 'prepareBackfill', { id, registry }, startedAt + REPLICATION_MILLISECONDS)
  return findBackfill(tx, registry, id)
}

/**
 * Ends a backfill; what was copied stays. It never has to wait: images are copied one by one.
 *
 * @throws Refused BackfillUnknown, BackfillEnded
 */
export async function stopBackfill(
  tx: Writes,
  domain: Domain,
  registry: Registry,
  id: string,
): Promise<Backfill> {
  const backfill = await findBackfill(tx, registry, id)
  if (backfill.endedAt !== undefined)
    throw new Refused('BackfillEnded', { replicationBackfillId: backfill.id, status: backfill.status })
  await end(tx, domain, backfill, 'STOPPED')
  return findBackfill(tx, registry, id)
}

/** @throws Refused BackfillUnknown */
export async function findBackfill(tx: Reads, registry: Registry, id: string): Promise<Backfill> {
  // The model takes capital letters in a UUID too.
  const backfill = await tx.backfills.find(registry, id.toLowerCase())
  if (!backfill)
    throw new Refused('BackfillUnknown', { registryId: registry.accountId, replicationBackfillId: id })
  return backfill
}

/** Finds out what there is to copy, by the configuration of now. */
export async function prepareBackfill(
  domain: Domain,
  registry: Registry,
  { replicationBackfillId }: JobPayloads['prepareBackfill'],
): Promise<void> {
  await domain.database.write(async (tx) => {
    const backfill = await tx.backfills.find(registry, replicationBackfillId)
    if (backfill?.status !== 'PREPARING') return
    const total = await addImages(tx, backfill)
    await tx.backfills.setPrepared(backfill, total)
    const dueAt = backfill.startedAt + 2 * REPLICATION_MILLISECONDS
    await schedule(tx, domain, 'runBackfill', backfill, dueAt)
  })
}

const PAGE = 100

async function addImages(tx: Writes, backfill: Backfill): Promise<number> {
  const { registry, destination } = backfill
  const configuration = await replicationConfigurationOf(tx, registry)
  let total = 0
  let after = ''
  for (;;) {
    const page = await tx.repositories.list(registry, { after, limit: PAGE })
    for (const repository of page) {
      const destinations = destinationsOf(configuration, repository.name)
      if (destinations.some((one) => registryKey(one) === registryKey(destination)))
        total += await tx.backfills.addImages(backfill, repository)
    }
    if (page.length < PAGE) return total
    after = page.at(-1)?.name ?? after
  }
}

/** Copies some images and comes again for the next. Done again after a crash, it copies at most one again. */
export async function runBackfill(
  domain: Domain,
  registry: Registry,
  { replicationBackfillId }: JobPayloads['runBackfill'],
): Promise<void> {
  const { database, clock } = domain
  const next = async (tx: Reads) => {
    const backfill = await tx.backfills.find(registry, replicationBackfillId)
    const item = backfill?.status === 'IN_PROGRESS' ? await nextItem(tx, backfill) : undefined
    return { backfill, item }
  }
  for (let copied = 0; copied < BATCH; copied += 1) {
    const { backfill, item } = await database.read(next)
    if (!backfill || !item) break
    const { repositoryName, digest, tag, sequence } = item
    const route = { source: registry, destination: backfill.destination, repositoryName }
    const outcome = await replicateImage(domain, route, { digest, tag })
    await database.write((tx) => tx.backfills.saveItem(backfill, { sequence, ...outcome }))
  }
  await database.write(async (tx) => {
    const { backfill, item } = await next(tx)
    if (backfill?.status !== 'IN_PROGRESS') return
    if (item) await schedule(tx, domain, 'runBackfill', backfill, clock.now())
    else await endOfItself(tx, domain, backfill)
  })
}

/** A backfill of which nothing could be copied has failed; one of which something could is complete (guess). */
async function endOfItself(tx: Writes, domain: Domain, backfill: Backfill): Promise<void> {
  const { completed = 0, failed = 0 } = backfill.counts ?? {}
  const [failureCode] = await tx.backfills.failureCodes(backfill.id)
  if (completed === 0 && failed > 0) await end(tx, domain, backfill, 'FAILED', failureCode)
  else await end(tx, domain, backfill, 'COMPLETE')
}

/** What is left to do when the job of a preparation failed too often. */
export async function giveUpPreparation(
  tx: Writes,
  domain: Domain,
  registry: Registry,
  { replicationBackfillId }: JobPayloads['prepareBackfill'],
): Promise<void> {
  const backfill = await tx.backfills.find(registry, replicationBackfillId)
  if (backfill?.status === 'PREPARING') await end(tx, domain, backfill, 'FAILED', INTERNAL_ERROR)
}

/** The image that stands in the way fails; the others get their turn. */
export async function giveUpItem(
  tx: Writes,
  domain: Domain,
  registry: Registry,
  { replicationBackfillId }: JobPayloads['runBackfill'],
): Promise<void> {
  const backfill = await tx.backfills.find(registry, replicationBackfillId)
  const item = backfill?.status === 'IN_PROGRESS' ? await nextItem(tx, backfill) : undefined
  if (!backfill || !item) return
  const outcome = { status: 'FAILED', failureCode: INTERNAL_ERROR } as const
  await tx.backfills.saveItem(backfill, { sequence: item.sequence, ...outcome })
  await schedule(tx, domain, 'runBackfill', backfill, domain.clock.now())
}

export async function forgetBackfill(
  { database }: Domain,
  _registry: Registry,
  { replicationBackfillId }: JobPayloads['forgetBackfill'],
): Promise<void> {
  await database.write((tx) => tx.backfills.delete(replicationBackfillId))
}

async function nextItem(tx: Reads, { id }: Backfill): Promise<BackfillItem | undefined> {
  const [item] = await tx.backfills.items(id, 'PENDING', { after: 0, limit: 1 })
  return item
}

async function end(
  tx: Writes,
  domain: Domain,
  backfill: Backfill,
  status: 'COMPLETE' | 'FAILED' | 'STOPPED',
  failureCode?: string,
): Promise<void> {
  const endedAt = domain.clock.now()
  await tx.backfills.end(backfill, { status, failureCode, endedAt })
  await schedule(tx, domain, 'forgetBackfill', backfill, endedAt + KEPT_MILLISECONDS)
}

function schedule(
  tx: Writes,
  domain: Domain,
  kind: 'prepareBackfill' | 'runBackfill' | 'forgetBackfill',
  { id, registry }: Pick<Backfill, 'id' | 'registry'>,
  dueAt: number,
): Promise<void> {
  return enqueue(tx, domain, kind, { registry, payload: { replicationBackfillId: id }, dueAt })
}
