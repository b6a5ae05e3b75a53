import { type Digest, type DigestAlgorithm, digestOf } from '../rules/digest.ts'
import { isDiskFull } from '../rules/disk-full.ts'
import type { Upload } from '../store/database.ts'
import { type Part, takePart, takeSmallBlob } from './append-part.ts'
import { type Domain, findRepository, inRepository } from './domain.ts'
import { Refused } from './errors.ts'
import { findUpload, inUpload, onBytesOf, type UploadReference } from './find-upload.ts'

export interface Completion {
  /** The upload must have one of these digests. */
  readonly digests: readonly string[]
  /** Of the digest that the layer gets: of sha256 unless told otherwise, the one that ECR computes. */
  readonly digestAlgorithm?: DigestAlgorithm
  /**
   * Whether ECR's rules for parts hold: some bytes, and none but the last part below 5 MiB. The
   * specification of the registry door has no such rules.
   */
  readonly checkParts: boolean
  /** What a layer that the repository has already means. */
  readonly existing: 'refuse' | 'accept'
  /** The bytes that come with the end, which ECR's rules for parts do not know. */
  readonly lastPart?: Part | undefined
}

/**
 * Makes an upload a layer of its repository and answers with its digest. After a wrong digest the upload
 * stays open, unless its last part came with it: then it is of no more use, and its bytes are nowhere noted.
 *
 * @throws Refused RepositoryUnknown, UploadUnknown, UploadEmpty, PartTooSmall, LayerDigestMismatch,
 *   LayerExists; as `appendPart`, of the last part
 */
export async function completeUpload(
  domain: Domain,
  reference: UploadReference,
  completion: Completion,
): Promise<Digest> {
  return domain.uploadLock.hold(reference.uploadId, async () => {
    const upload = await domain.database.read((tx) => findUpload(tx, reference))
    if (completion.checkParts) checkParts(upload, reference)
    const { digest, size, place } = await contentOf(domain, reference, upload, completion)
    if (!completion.digests.includes(digest)) throw new Refused('LayerDigestMismatch', {})

    return domain.digestLock.hold(digest, async () => {
      await onBytesOf(domain, reference, place)
      await own(domain, reference, digest, size, completion.existing)
      return digest
    })
  })
}

/** What an upload comes to with its last part, and how it becomes a blob. */
async function contentOf(
  domain: Domain,
  reference: UploadReference,
  upload: Upload,
  { lastPart, digestAlgorithm }: Completion,
): Promise<{ digest: Digest; size: number; place: () => Promise<void> }> {
  const { blobs } = domain
  const bytes = lastPart && (await takeSmallBlob(domain, reference, upload, lastPart))
  if (bytes) {
    const digest = digestOf(bytes, digestAlgorithm)
    return { digest, size: bytes.length, place: () => storeSmall(domain, upload, bytes, digest) }
  }
  const size = lastPart ? await takePart(domain, reference, upload, lastPart) : upload.receivedBytes
  const digest = await onBytesOf(domain, reference, () =>
    blobs.uploadDigest(upload.id, size, digestAlgorithm),
  )
  return { digest, size, place: () => blobs.place(upload.id, size, digest) }
}

/** @throws Refused StorageFull */
async function storeSmall(
  { blobs }: Domain,
  { id }: Upload,
  bytes: Uint8Array,
  digest: Digest,
): Promise<void> {
  try {
    await blobs.store(id, bytes, digest)
  } catch (error) {
    if (isDiskFull(error)) throw new Refused('StorageFull', {}, { cause: error })
    throw error
  }
}

function checkParts(upload: Upload, reference: UploadReference): void {
  if (upload.receivedBytes === 0) throw new Refused('UploadEmpty', inUpload(reference))
  if (upload.hasShortPart) throw new Refused('PartTooSmall', {})
}

/** The row that makes the bytes the repository's; the upload ends with it, also when the layer was there. */
async function own(
  { database, clock }: Domain,
  reference: UploadReference,
  digest: Digest,
  sizeInBytes: number,
  existing: Completion['existing'],
): Promise<void> {
  const existed = await database.write(async (tx) => {
    const { id: repositoryId } = await findRepository(tx, reference)
    // It may have been cancelled meanwhile, which waits for nobody.
    await findUpload(tx, reference)
    const layer = await tx.layers.find(repositoryId, digest)
    await tx.layers.link(repositoryId, { digest, sizeInBytes, linkedAt: clock.now() })
    await tx.uploads.delete(reference.uploadId)
    // One in the archive is not AVAILABLE: whoever needs it brings it.
    return layer !== undefined && !layer.isArchived
  })
  if (existed && existing === 'refuse')
    throw new Refused('LayerExists', { ...inRepository(reference), layerDigest: digest })
}
