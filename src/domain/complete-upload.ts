import { type Digest, type DigestAlgorithm, digestOf } from '../rules/digest.ts'
import type { Upload } from '../store/database.ts'
import { type Part, takePart, takeSmallBlob } from './append-part.ts'
import { changeUpload, onBytesOf, takeUpload } from './change-upload.ts'
import { type Domain, inRepository } from './domain.ts'
import { Refused } from './errors.ts'
import { inUpload, type UploadReference } from './find-upload.ts'

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
    const upload = await takeUpload(domain, reference)
    if (completion.checkParts) checkParts(upload, reference)
    const content = await contentOf(domain, reference, upload, completion)
    const { digest, size, bytes } = content
    if (!completion.digests.includes(digest)) throw new Refused('LayerDigestMismatch', {})

    return domain.digestLock.hold(digest, async () => {
      if (!bytes) await onBytesOf(domain, reference, () => domain.blobs.place(upload.id, size, digest))
      await own(domain, reference, content, completion.existing)
      if (bytes) await domain.blobs.release(upload.id)
      return digest
    })
  })
}

interface Content {
  readonly digest: Digest
  readonly size: number
  /** All of a small blob; it is no file. */
  readonly bytes?: Uint8Array
}

/** What an upload comes to with its last part. */
async function contentOf(
  domain: Domain,
  reference: UploadReference,
  upload: Upload,
  { lastPart, digestAlgorithm }: Completion,
): Promise<Content> {
  const bytes = lastPart && (await takeSmallBlob(domain, reference, upload, lastPart))
  if (bytes) return { digest: digestOf(bytes, digestAlgorithm), size: bytes.length, bytes }
  const size = lastPart ? await takePart(domain, reference, upload, lastPart) : upload.receivedBytes
  const digest = await onBytesOf(domain, reference, () =>
    domain.blobs.uploadDigest(upload.id, size, digestAlgorithm),
  )
  return { digest, size }
}

function checkParts(upload: Upload, reference: UploadReference): void {
  if (upload.receivedBytes === 0) throw new Refused('UploadEmpty', inUpload(reference))
  if (upload.hasShortPart) throw new Refused('PartTooSmall', {})
}

/**
 * The row that makes the bytes the repository's, with those of a small blob; the upload ends with it, also when the
 * layer was there.
 */
async function own(
  domain: Domain,
  reference: UploadReference,
  { digest, size: sizeInBytes, bytes }: Content,
  existing: Completion['existing'],
): Promise<void> {
  // It may have been cancelled meanwhile, which waits for nobody.
  const existed = await changeUpload(domain, reference, async (tx, { id, repositoryId }) => {
    const layer = existing === 'refuse' ? await tx.layers.find(repositoryId, digest) : undefined
    if (bytes) await tx.smallBlobs.keep(digest, bytes)
    await tx.layers.link(repositoryId, { digest, sizeInBytes, linkedAt: domain.clock.now() })
    await tx.uploads.delete(id)
    // One in the archive is not AVAILABLE: whoever needs it brings it.
    return layer !== undefined && !layer.isArchived
  })
  if (existed) throw new Refused('LayerExists', { ...inRepository(reference), layerDigest: digest })
}
