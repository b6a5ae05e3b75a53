import type { Reads, Upload } from '../store/database.ts'
import { type Domain, findRepository, inRepository, type RepositoryReference } from './domain.ts'
import { Refused } from './errors.ts'

export interface UploadReference extends RepositoryReference {
  readonly uploadId: string
}

/** @throws Refused RepositoryUnknown, UploadUnknown */
export async function findUpload(tx: Reads, domain: Domain, reference: UploadReference): Promise<Upload> {
  const { begunUploads, clock } = domain
  const { id } = await findRepository(tx, reference)
  const { uploadId } = reference
  const upload =
    begunUploads.find(id, uploadId) ??
    (await tx.uploads.find(id, uploadId)) ??
    begunUploads.findLost(id, uploadId, clock.now())
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
