import { type Registry, registryKey } from '../rules/registry.ts'
import type { Backfill, Reads, Writes } from '../store/database.ts'
import type { Domain } from './domain.ts'
import { Refused } from './errors.ts'
import { enqueue } from './jobs.ts'
import { REPLICATION_MILLISECONDS, replicationConfigurationOf } from './replication.ts'

/** API reference, StartReplicationBackfill. */
const MAX_RUNNING = 10

/** API reference, ListReplicationBackfills. */
const KEPT_MILLISECONDS = 90 * 24 * 60 * 60 * 1000

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
  await scheduleBackfill(
    tx,
    domain,
    'prepareBackfill',
    { id, registry },
    startedAt + REPLICATION_MILLISECONDS,
  )
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
  await endBackfill(tx, domain, backfill, 'STOPPED')
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

/** Writes down how a backfill ended, which is forgotten in its time. */
export async function endBackfill(
  tx: Writes,
  domain: Domain,
  backfill: Backfill,
  status: 'COMPLETE' | 'FAILED' | 'STOPPED',
  failureCode?: string,
): Promise<void> {
  const endedAt = domain.clock.now()
  await tx.backfills.end(backfill, { status, failureCode, endedAt })
  await scheduleBackfill(tx, domain, 'forgetBackfill', backfill, endedAt + KEPT_MILLISECONDS)
}

/** Has the next step of a backfill done. */
export function scheduleBackfill(
  tx: Writes,
  domain: Domain,
  kind: 'prepareBackfill' | 'runBackfill' | 'forgetBackfill',
  { id, registry }: Pick<Backfill, 'id' | 'registry'>,
  dueAt: number,
): Promise<void> {
  return enqueue(tx, domain, kind, { registry, payload: { replicationBackfillId: id }, dueAt })
}
