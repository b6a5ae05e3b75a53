import type { Reads, Upload } from '../store/database.ts'
import { findRepository, inRepository, type RepositoryReference } from './domain.ts'
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

/** The members by which refusals name an upload. */
export function inUpload(reference: UploadReference): {
  registryId: string
  repositoryName: string
  uploadId: string
} {
  return { ...inRepository(reference), uploadId: reference.uploadId }
}
