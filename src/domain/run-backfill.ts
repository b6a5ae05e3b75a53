import { type Registry, registryKey } from '../rules/registry.ts'
import { destinationsOf } from '../rules/replication.ts'
import type { Backfill, BackfillItem, Reads, Repository, Writes } from '../store/database.ts'
import type { Domain } from './domain.ts'
import type { JobPayloads } from './jobs.ts'
import { replicateImage } from './replicate-image.ts'
import { INTERNAL_ERROR, REPLICATION_MILLISECONDS, replicationConfigurationOf } from './replication.ts'
import { endBackfill, scheduleBackfill } from './replication-backfill.ts'

/** So many images are copied before other jobs that are due get their turn. */
const BATCH = 20

/** Images that are looked at, and items that are deleted, in one transaction: others wait no longer than for these. */
const PIECE = 1000

/** Finds out what there is to copy, by the configuration of now. Done again after a crash, it begins anew. */
export async function prepareBackfill(
  domain: Domain,
  registry: Registry,
  { replicationBackfillId }: JobPayloads['prepareBackfill'],
): Promise<void> {
  const { database } = domain
  const backfill = await database.read((tx) => tx.backfills.find(registry, replicationBackfillId))
  if (backfill?.status !== 'PREPARING') return
  await deleteItems(domain, backfill.id)
  let total = 0
  for await (const repository of repositoriesOf(domain, backfill))
    total += await addImages(domain, backfill, repository)
  await database.write(async (tx) => {
    if (!(await isPreparing(tx, backfill))) return
    await tx.backfills.setPrepared(backfill, total)
    const dueAt = backfill.startedAt + 2 * REPLICATION_MILLISECONDS
    await scheduleBackfill(tx, domain, 'runBackfill', backfill, dueAt)
  })
}

/** It may have been stopped, or be gone with its registry. */
async function isPreparing(tx: Reads, { registry, id }: Backfill): Promise<boolean> {
  return (await tx.backfills.find(registry, id))?.status === 'PREPARING'
}

const PAGE = 100

/** Repositories that are replicated to a backfill's destination. */
async function* repositoriesOf(
  { database }: Domain,
  { registry, destination }: Backfill,
): AsyncGenerator<Repository> {
  const configuration = await database.read((tx) => replicationConfigurationOf(tx, registry))
  let after = ''
  for (;;) {
    const page = await database.read((tx) => tx.repositories.list(registry, { after, limit: PAGE }))
    for (const repository of page) {
      const destinations = destinationsOf(configuration, repository.name)
      if (destinations.some((one) => registryKey(one) === registryKey(destination))) yield repository
    }
    if (page.length < PAGE) return
    after = page.at(-1)?.name ?? after
  }
}

async function addImages({ database }: Domain, backfill: Backfill, repository: Repository): Promise<number> {
  let [total, after] = [0, 0]
  for (;;) {
    const page = { after, limit: PIECE }
    const added = await database.write(async (tx) =>
      (await isPreparing(tx, backfill)) ? tx.backfills.addImages(backfill, repository, page) : undefined,
    )
    if (!added) return total
    total += added.pairs
    after = added.last
  }
}

async function deleteItems({ database }: Domain, id: string): Promise<void> {
  for (;;) if ((await database.write((tx) => tx.backfills.deleteItems(id, PIECE))) < PIECE) return
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
    if (item) await scheduleBackfill(tx, domain, 'runBackfill', backfill, clock.now())
    else await endOfItself(tx, domain, backfill)
  })
}

/** A backfill of which nothing could be copied has failed; one of which something could is complete (guess). */
async function endOfItself(tx: Writes, domain: Domain, backfill: Backfill): Promise<void> {
  const { completed = 0, failed = 0 } = backfill.counts ?? {}
  const [failureCode] = await tx.backfills.failureCodes(backfill.id)
  if (completed === 0 && failed > 0) await endBackfill(tx, domain, backfill, 'FAILED', failureCode)
  else await endBackfill(tx, domain, backfill, 'COMPLETE')
}

/** What is left to do when the job of a preparation failed too often. */
export async function giveUpPreparation(
  tx: Writes,
  domain: Domain,
  registry: Registry,
  { replicationBackfillId }: JobPayloads['prepareBackfill'],
): Promise<void> {
  const backfill = await tx.backfills.find(registry, replicationBackfillId)
  if (backfill?.status === 'PREPARING') await endBackfill(tx, domain, backfill, 'FAILED', INTERNAL_ERROR)
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
  await scheduleBackfill(tx, domain, 'runBackfill', backfill, domain.clock.now())
}

/** It ended so long ago that nobody is told of it any more. */
export async function forgetBackfill(
  domain: Domain,
  _registry: Registry,
  { replicationBackfillId }: JobPayloads['forgetBackfill'],
): Promise<void> {
  await deleteItems(domain, replicationBackfillId)
  await domain.database.write((tx) => tx.backfills.delete(replicationBackfillId))
}

async function nextItem(tx: Reads, { id }: Backfill): Promise<BackfillItem | undefined> {
  const [item] = await tx.backfills.items(id, 'PENDING', { after: 0, limit: 1 })
  return item
}
