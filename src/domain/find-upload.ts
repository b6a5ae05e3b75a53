import { UploadBytesMissing } from '../blob/blob-store.ts'
import type { Reads, Upload } from '../store/database.ts'
import { type Domain, findRepository, inRepository, type RepositoryReference } from './domain.ts'
import { Refused } from './errors.ts'

export interface UploadReference extends RepositoryReference {
  readonly uploadId: string
}

/** @throws Refused RepositoryUnknown, UploadUnknown */
export async function findUpload(tx: Reads, reference: UploadReference): Promise<Upload> {
  const repository = await findRepository(tx, reference)
  const upload = await tx.uploads.find(repository.id, reference.uploadId)
  if (!upload) throw new Refused('UploadUnknown', inUpload(reference))
  return upload
}

/**
 * Runs `work` on the bytes of an upload. Its repository may be deleted meanwhile, and a crash may have come
 * between the bytes and their row: an upload without its bytes is no upload.
 *
 * @throws Refused RepositoryUnknown, UploadUnknown
 */
export async function onBytesOf<Result>(
  { database }: Domain,
  reference: UploadReference,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof UploadBytesMissing)) throw error
    await database.write(async (tx) => {
      const { id } = await findUpload(tx, reference)
      await tx.uploads.delete(id)
    })
    throw new Refused('UploadUnknown', inUpload(reference), { cause: error })
  }
}

/** The members by which refusals name an upload. */
export function inUpload(reference: UploadReference): {
  registryId: string
  repositoryName: string
  uploadId: string
} {
  return { ...inRepository(reference), uploadId: reference.uploadId }
}
