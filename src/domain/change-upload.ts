import { UploadBytesMissing } from '../blob/blob-store.ts'
import type { Upload, Writes } from '../store/database.ts'
import type { Domain } from './domain.ts'
import { Refused } from './errors.ts'
import { findUpload, inUpload, type UploadReference } from './find-upload.ts'

/**
 * The upload for whom something is about to come, whose lock the caller holds.
 *
 * @throws Refused RepositoryUnknown, UploadUnknown
 */
export async function takeUpload(domain: Domain, reference: UploadReference): Promise<Upload> {
  const { database, begunUploads, clock } = domain
  return database.read(async (tx) => {
    const upload = await findUpload(tx, domain, reference)
    const { repositoryId, id } = upload
    const isLost = !begunUploads.has(id) && !(await tx.uploads.exists(id))
    // It may have been cancelled by now.
    if (isLost && begunUploads.findLost(repositoryId, id, clock.now())) begunUploads.goOn(upload)
    return upload
  })
}

/**
 * Makes a change after which an upload is a row, or is no more. One that was only begun goes on where the change fails.
 *
 * @throws Refused RepositoryUnknown, UploadUnknown
 */
export async function changeUpload<Result>(
  domain: Domain,
  reference: UploadReference,
  change: (tx: Writes, upload: Upload) => Promise<Result>,
  how?: { isSynced: boolean },
): Promise<Result> {
  const { database, begunUploads } = domain
  let ended: Upload | undefined
  try {
    return await database.write(async (tx) => {
      const upload = await findUpload(tx, domain, reference)
      const result = await change(tx, upload)
      // At once, for the changes that share the transaction; nobody else has a turn before it is committed.
      if (begunUploads.end(upload.id)) ended = upload
      return result
    }, how)
  } catch (error) {
    if (ended) begunUploads.goOn(ended)
    throw error
  }
}

/**
 * Has an upload be no more; its bytes stay where they are.
 *
 * @throws Refused RepositoryUnknown, UploadUnknown
 */
export async function giveUpUpload(domain: Domain, reference: UploadReference): Promise<void> {
  await changeUpload(domain, reference, async (tx, { id }) => {
    await tx.uploads.delete(id)
  })
}

/** Drops what is left of uploads that have no rows any more. */
export async function forgetUploads({ begunUploads, blobs }: Domain, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    begunUploads.end(id)
    await blobs.discard(id)
  }
}

/**
 * Runs `work` on the bytes of an upload. Its repository may be deleted meanwhile, and a crash may have come
 * between the bytes and their row: an upload without its bytes is no upload.
 *
 * @throws Refused RepositoryUnknown, UploadUnknown
 */
export async function onBytesOf<Result>(
  domain: Domain,
  reference: UploadReference,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof UploadBytesMissing)) throw error
    await giveUpUpload(domain, reference)
    throw new Refused('UploadUnknown', inUpload(reference), { cause: error })
  }
}
