import { isDiskFull } from '../rules/disk-full.ts'
import type { Domain } from './domain.ts'
import { letGo } from './let-go.ts'

const HOUR = 60 * 60 * 1000

/** A push that begins with a layer found in place has this long to name it in a manifest. */
export const LAYER_GRACE_MILLISECONDS = 24 * HOUR

/** An upload that nobody completes is forgotten after this long (guess; ECR's own time is not known). */
export const UPLOAD_LIFE_MILLISECONDS = 24 * HOUR

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
async function sweepUploads({ database, blobs, clock }: Domain): Promise<number> {
  const old = await database.read((tx) => tx.uploads.startedBefore(clock.now() - UPLOAD_LIFE_MILLISECONDS))
  for (const id of old) await database.write((tx) => tx.uploads.delete(id))
  for (const id of old) await blobs.discard(id)
  return old.length
}

/** What a crash, or the end of their repository, left of uploads. */
async function sweepUploadFiles({ database, blobs }: Domain): Promise<void> {
  // Files first, rows second: an upload that begins in between has a row and no file in the list.
  const files = await blobs.uploadIds()
  const rows = new Set(await database.read((tx) => tx.uploads.ids()))
  for (const id of files) if (!rows.has(id)) await blobs.discard(id)
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
