import { giveUpUpload } from './change-upload.ts'
import type { Domain } from './domain.ts'
import type { UploadReference } from './find-upload.ts'

/**
 * Ends an upload and forgets its bytes. A client that stalls in the middle of it holds its lock: nothing here waits
 * for that client, who learns that there is no such upload.
 *
 * @throws Refused RepositoryUnknown, UploadUnknown
 */
export async function cancelUpload(domain: Domain, reference: UploadReference): Promise<void> {
  await giveUpUpload(domain, reference)
  await domain.blobs.discard(reference.uploadId)
}
