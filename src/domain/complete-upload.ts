import type { Digest, DigestAlgorithm } from '../rules/digest.ts'
import type { Upload } from '../store/database.ts'
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
}

/**
 * Makes an upload a layer of its repository and answers with its digest. After a wrong digest the upload
 * stays open.
 *
 * @throws Refused RepositoryUnknown, UploadUnknown, UploadEmpty, PartTooSmall, LayerDigestMismatch,
 *   LayerExists
 */
export async function completeUpload(
  domain: Domain,
  reference: UploadReference,
  completion: Completion,
): Promise<Digest> {
  const { blobs, digestLock, uploadLock } = domain
  return uploadLock.hold(reference.uploadId, async () => {
    const upload = await domain.database.read((tx) => findUpload(tx, reference))
    if (completion.checkParts) checkParts(upload, reference)
    const { id, receivedBytes } = upload
    const digest = await onBytesOf(domain, reference, () =>
      blobs.uploadDigest(id, receivedBytes, completion.digestAlgorithm),
    )
    if (!completion.digests.includes(digest)) throw new Refused('LayerDigestMismatch', {})

    return digestLock.hold(digest, async () => {
      await onBytesOf(domain, reference, () => blobs.place(id, receivedBytes, digest))
      await own(domain, reference, digest, receivedBytes, completion.existing)
      return digest
    })
  })
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
