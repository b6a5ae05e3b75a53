import { isDiskFull } from '../rules/disk-full.ts'
import { forgetUploads } from './change-upload.ts'
import type { Domain } from './domain.ts'
import { letGo } from './let-go.ts'
import { UPLOAD_LIFE_MILLISECONDS } from './quotas.ts'

const HOUR = 60 * 60 * 1000

/** A push that begins with a layer found in place has this long to name it in a manifest. */
export const LAYER_GRACE_MILLISECONDS = 24 * HOUR

export interface SweepOptions {
  /** Layers that came less than so many milliseconds ago may still be named. */
  readonly layerGrace?: number
  /** Ends a sweep before its end; the next one does the rest. */
  readonly signal?: AbortSignal
}

export interface Swept {
  /** Layers that were taken from their repositories, as no image named them. */
  layers: number
  /** Uploads that were given up. */
  uploads: number
  /** Blobs whose bytes went. */
  blobs: number
}

/**
 * Collects what nobody owns: old uploads and what a crash left of others, layers that no image names, and
 * the bytes of blobs that no repository owns. May run beside any other work.
 */
export async function sweep(
  domain: Domain,
  { layerGrace = LAYER_GRACE_MILLISECONDS, signal }: SweepOptions = {},
): Promise<Swept> {
  // A full disk takes no row, not even one that is to go: bytes without a row are collected before.
  await sweepUploadFiles(domain)
  let blobs = await sweepBlobs(domain, signal)
  const uploads = await sweepUploads(domain)
  const linkedBefore = domain.clock.now() - layerGrace
  const layers = await domain.database.write((tx) => tx.layers.unlinkUnreferenced(linkedBefore))
  if (layers > 0) blobs += await sweepBlobs(domain, signal)
  return { uploads, layers, blobs }
}

/** A client that stalls in the middle of an upload holds its lock: nothing here waits for it. */
async function sweepUploads(domain: Domain): Promise<number> {
  const { database, clock, begunUploads } = domain
  const before = clock.now() - UPLOAD_LIFE_MILLISECONDS
  const rows = await database.read((tx) => tx.uploads.startedBefore(before))
  for (const id of rows) await database.write((tx) => tx.uploads.delete(id))
  const missing = await missingRepositories(domain)
  const begun = begunUploads
    .all()
    .filter(({ startedAt, repositoryId }) => startedAt < before || missing.has(repositoryId))
    .map(({ id }) => id)
  await forgetUploads(domain, [...rows, ...begun])
  return rows.length + begun.length
}

/** Repositories of begun uploads that are gone, which rows would have gone with. */
async function missingRepositories({ database, begunUploads }: Domain): Promise<Set<number>> {
  const repositories = new Set(begunUploads.all().map(({ repositoryId }) => repositoryId))
  await database.read(async (tx) => {
    for (const id of repositories) if (await tx.repositories.exists(id)) repositories.delete(id)
  })
  return repositories
}

/** What a crash, or the end of their repository, left of uploads. */
async function sweepUploadFiles({ database, blobs, begunUploads, uploadLock }: Domain): Promise<void> {
  // Files first: an upload that begins later has none in the list.
  const files = await blobs.uploadIds()
  const rows = new Set(await database.read((tx) => tx.uploads.ids()))
  for (const id of files) {
    if (rows.has(id) || begunUploads.has(id) || uploadLock.isHeld(id)) continue
    // One that a crash cut off may go on at any time: it is begun then, until it is a row.
    await uploadLock.hold(id, async () => {
      const isRow = await database.read((tx) => tx.uploads.exists(id))
      if (!isRow && !begunUploads.has(id)) await blobs.discard(id)
    })
  }
}

async function sweepBlobs(
  { database, blobs, digestLock }: Domain,
  signal: AbortSignal | undefined,
): Promise<number> {
  let removed = 0
  for await (const digest of blobs.digests()) {
    if (signal?.aborted) break
    await digestLock.hold(digest, async () => {
      if (await database.read((tx) => tx.layers.isOwned(digest))) return
      // Asked as a change, which is synced with all before it: an owner that a loss of power brings back has its bytes.
      if (!(await database.write((tx) => letGo(tx, digest)).catch(unlessFull))) return
      await blobs.remove(digest)
      removed += 1
    })
  }
  return removed
}

/** A full disk takes no row, not even one that is to go: the next sweep does. */
function unlessFull(error: unknown): false {
  if (!isDiskFull(error)) throw error
  return false
}
