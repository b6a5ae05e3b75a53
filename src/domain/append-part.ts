import { AppendTooLong, InterruptedAppend } from '../blob/blob-store.ts'
import type { DigestAlgorithm } from '../rules/digest.ts'
import { isDiskFull } from '../rules/disk-full.ts'
import type { Upload } from '../store/database.ts'
import type { Domain } from './domain.ts'
import { Refused } from './errors.ts'
import { findUpload, inUpload, onBytesOf, type UploadReference } from './find-upload.ts'
import { MIN_PART_BYTES } from './quotas.ts'

export interface Part {
  readonly bytes: AsyncIterable<Uint8Array>
  /** Where the caller says that the part begins; it must be where the last one ended. */
  readonly firstByte?: number | undefined
  /** How many bytes the caller says that there are. */
  readonly length?: number | undefined
  /** Of the digest that the upload is to have, where the caller knows it by now. */
  readonly digestAlgorithm?: DigestAlgorithm | undefined
}

/**
 * Appends a part to an upload and answers with the bytes received so far. When the bytes stop midway, what
 * arrived stays, and the upload's state tells how much that is.
 *
 * @throws Refused RepositoryUnknown, UploadUnknown, PartOutOfOrder, PartLengthMismatch, QuotaExceeded,
 *   StorageFull
 */
export async function appendPart(domain: Domain, reference: UploadReference, part: Part): Promise<number> {
  return domain.uploadLock.hold(reference.uploadId, async () => {
    const upload = await domain.database.read((tx) => findUpload(tx, reference))
    const { receivedBytes } = upload
    if (part.firstByte !== undefined && part.firstByte !== receivedBytes)
      throw new Refused('PartOutOfOrder', { ...inUpload(reference), receivedBytes })
    // A last byte before the first one; no part has no bytes.
    if (part.length !== undefined && part.length < 1)
      throw new Refused('PartLengthMismatch', { ...inUpload(reference), receivedBytes })
    const { partsPerLayer } = domain.quotas
    if (upload.partCount >= partsPerLayer)
      throw new Refused('QuotaExceeded', { quota: 'layer parts', limit: partsPerLayer })

    const size = await appendBytes(domain, reference, upload, part)
    if (part.length !== undefined && size - receivedBytes !== part.length)
      throw new Refused('PartLengthMismatch', { ...inUpload(reference), receivedBytes })
    await saveProgress(domain, reference, upload, size)
    return size
  })
}

async function appendBytes(
  domain: Domain,
  reference: UploadReference,
  upload: Upload,
  { bytes, length, digestAlgorithm = upload.digestAlgorithm }: Part,
): Promise<number> {
  const { layerBytes } = domain.quotas
  const end = length === undefined ? layerBytes : Math.min(layerBytes, upload.receivedBytes + length)
  try {
    return await onBytesOf(domain, reference, () =>
      domain.blobs.append(upload.id, upload.receivedBytes, bytes, end, digestAlgorithm),
    )
  } catch (error) {
    if (error instanceof AppendTooLong) {
      if (end === layerBytes) throw new Refused('QuotaExceeded', { quota: 'layer size', limit: layerBytes })
      throw new Refused('PartLengthMismatch', { ...inUpload(reference), receivedBytes: upload.receivedBytes })
    }
    if (!(error instanceof InterruptedAppend)) throw error
    const { cause } = error
    if (isDiskFull(cause)) throw new Refused('StorageFull', {}, { cause })
    await saveProgress(domain, reference, upload, error.size)
    throw error
  }
}

/**
 * Remembers how far an upload is, which may be gone by now, with its repository. What brought no byte is no
 * part: a short one before the next would make the layer LayerPartTooSmall.
 */
async function saveProgress(
  { database }: Domain,
  reference: UploadReference,
  upload: Upload,
  receivedBytes: number,
): Promise<void> {
  if (receivedBytes === upload.receivedBytes) return
  const isFirst = upload.partCount === 0
  const previousIsShort = !isFirst && upload.lastPartBytes < MIN_PART_BYTES
  const lastPartBytes = receivedBytes - upload.receivedBytes
  await database.write(async (tx) => {
    await findUpload(tx, reference)
    await tx.uploads.saveProgress({
      id: upload.id,
      receivedBytes,
      partCount: upload.partCount + 1,
      firstPartBytes: isFirst ? lastPartBytes : upload.firstPartBytes,
      lastPartBytes,
      hasShortPart: upload.hasShortPart || previousIsShort,
    })
  })
}

/** Bytes that are whole in memory, as the bytes of a part. */
export async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
