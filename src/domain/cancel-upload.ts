import type { Domain } from './domain.ts'
import { findUpload, type UploadReference } from './find-upload.ts'

/**
 * Ends an upload and forgets its bytes. A client that stalls in the middle of it holds its lock: nothing here waits
 * for that client, who learns that there is no such upload.
 *
 * @throws Refused RepositoryUnknown, UploadUnknown
 */
export async function cancelUpload({ database, blobs }: Domain, reference: UploadReference): Promise<void> {
  await database.write(async (tx) => {
    const upload = await findUpload(tx, reference)
    await tx.uploads.delete(upload.id)
  })
  await blobs.discard(reference.uploadId)
}
