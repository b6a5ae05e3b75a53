import { type Digest, digestOf } from '../rules/digest.ts'
import { only } from './append-part.ts'
import { completeUpload } from './complete-upload.ts'
import type { Domain, RepositoryReference } from './domain.ts'
import { startUpload } from './start-upload.ts'

/** Makes bytes that the server has itself a layer of a repository, by the way that an upload takes. */
export async function storeBlob(
  domain: Domain,
  reference: RepositoryReference,
  bytes: Uint8Array,
): Promise<{ digest: Digest; size: number }> {
  // Their memory goes with them, where they are many.
  const { length: size } = bytes
  const digest = digestOf(bytes)
  const upload = { ...reference, uploadId: await startUpload(domain, reference) }
  const lastPart = { bytes: only(bytes), whole: { size, read: async () => bytes } }
  await completeUpload(domain, upload, { digests: [digest], checkParts: false, existing: 'accept', lastPart })
  return { digest, size }
}
