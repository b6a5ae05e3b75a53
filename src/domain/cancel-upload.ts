import type { Domain } from './domain.ts'
import { findUpload, type UploadReference } from './find-upload.ts'

/**
 * Ends an upload and forgets its bytes.
 *
 * @throws Refused RepositoryUnknown, UploadUnknown
 */
export async function cancelUpload(
  { database, blobs, uploadLock }: Domain,
  reference: UploadReference,
): Promise<void> {
  await uploadLock.hold(reference.uploadId, async () => {
    await database.write(async (tx) => {
      const upload = await findUpload(tx, reference)
      await tx.uploads.delete(upload.id)
    })
    await blobs.discard(reference.uploadId)
  })
}
