import { AppendTooLong, InterruptedAppend, SMALL_BLOB_BYTES } from '../blob/blob-store.ts'
import type { DigestAlgorithm } from '../rules/digest.ts'
import { isDiskFull } from '../rules/disk-full.ts'
import type { Upload } from '../store/database.ts'
import { changeUpload, onBytesOf, takeUpload } from './change-upload.ts'
import type { Domain } from './domain.ts'
import { Refused } from './errors.ts'
import { inUpload, type UploadReference } from './find-upload.ts'
import { MIN_PART_BYTES } from './quotas.ts'

export interface Part {
  readonly bytes: AsyncIterable<Uint8Array>
  /** The same bytes at once, where it is known how many they are. */
  readonly whole?: { readonly size: number; readonly read: () => Promise<Uint8Array> } | undefined
  /** Where the caller says that the part begins; it must be where the last one ended. */
  readonly firstByte?: number | undefined
  /** How many bytes the caller says that there are. */
  readonly length?: number | undefined
  /** Of the digest that the upload is to have, where the caller knows it by now. */
  readonly digestAlgorithm?: DigestAlgorithm | undefined
  /** Told how many bytes of the upload can be read, whenever there are more. */
  readonly onStored?: (size: number) => void
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
    const upload = await takeUpload(domain, reference)
    const size = await takePart(domain, reference, upload, part)
    await saveProgress(domain, reference, upload, size)
    return size
  })
}

/**
 * Appends a part to an upload that is held, and answers the size, which is not noted where it need not be: another
 * part may only come after `saveProgress`.
 *
 * @throws as `appendPart`
 */
export async function takePart(
  domain: Domain,
  reference: UploadReference,
  upload: Upload,
  part: Part,
): Promise<number> {
  checkPart(domain, reference, upload, part)
  const size = await appendBytes(domain, reference, upload, part)
  checkLength(reference, upload, part, size)
  return size
}

/**
 * All of a small blob, where a part is that and comes first; else undefined, and nothing is read of it.
 *
 * @throws as `appendPart`, but nothing is kept of what comes before it
 */
export async function takeSmallBlob(
  domain: Domain,
  reference: UploadReference,
  upload: Upload,
  part: Part,
): Promise<Uint8Array | undefined> {
  const { whole } = part
  const most = Math.min(SMALL_BLOB_BYTES, domain.quotas.layerBytes)
  if (!whole || upload.receivedBytes > 0 || whole.size > most) return undefined
  checkPart(domain, reference, upload, part)
  const bytes = await whole.read()
  checkLength(reference, upload, part, bytes.length)
  return bytes
}

function checkPart(domain: Domain, reference: UploadReference, upload: Upload, part: Part): void {
  const { receivedBytes } = upload
  if (part.firstByte !== undefined && part.firstByte !== receivedBytes)
    throw new Refused('PartOutOfOrder', { ...inUpload(reference), receivedBytes })
  // A last byte before the first one; no part has no bytes.
  if (part.length !== undefined && part.length < 1)
    throw new Refused('PartLengthMismatch', { ...inUpload(reference), receivedBytes })
  const { partsPerLayer } = domain.quotas
  if (upload.partCount >= partsPerLayer)
    throw new Refused('QuotaExceeded', { quota: 'layer parts', limit: partsPerLayer })
}

function checkLength(
  reference: UploadReference,
  { receivedBytes }: Upload,
  { length }: Part,
  size: number,
): void {
  if (length !== undefined && size - receivedBytes !== length)
    throw new Refused('PartLengthMismatch', { ...inUpload(reference), receivedBytes })
}

async function appendBytes(
  domain: Domain,
  reference: UploadReference,
  upload: Upload,
  { bytes, length, digestAlgorithm = upload.digestAlgorithm, onStored }: Part,
): Promise<number> {
  const { layerBytes } = domain.quotas
  const end = length === undefined ? layerBytes : Math.min(layerBytes, upload.receivedBytes + length)
  try {
    return await onBytesOf(domain, reference, () =>
      domain.blobs.append(upload.id, upload.receivedBytes, bytes, end, digestAlgorithm, onStored),
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
  domain: Domain,
  reference: UploadReference,
  upload: Upload,
  receivedBytes: number,
): Promise<void> {
  if (receivedBytes === upload.receivedBytes) return
  const isFirst = upload.partCount === 0
  const previousIsShort = !isFirst && upload.lastPartBytes < MIN_PART_BYTES
  const lastPartBytes = receivedBytes - upload.receivedBytes
  const progressed = {
    ...upload,
    receivedBytes,
    partCount: upload.partCount + 1,
    firstPartBytes: isFirst ? lastPartBytes : upload.firstPartBytes,
    lastPartBytes,
    hasShortPart: upload.hasShortPart || previousIsShort,
  }
  // The bytes of an upload are not synced either, until it is a blob.
  await changeUpload(domain, reference, (tx) => tx.uploads.save(progressed), { isSynced: false })
}

/** Bytes that are whole in memory, as the bytes of a part. */
export async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
