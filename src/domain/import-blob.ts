import { InterruptedAppend } from '../blob/blob-store.ts'
import { algorithmOf, type Digest } from '../rules/digest.ts'
import { signal } from '../rules/signal.ts'
import { UpstreamError } from '../upstream/upstream.ts'
import { appendPart } from './append-part.ts'
import { cancelUpload } from './cancel-upload.ts'
import { completeUpload } from './complete-upload.ts'
import type { Domain } from './domain.ts'
import { isRefused } from './errors.ts'
import { layerUnknown } from './find-layer.ts'
import type { UploadReference } from './find-upload.ts'
import type { ImageSource } from './image-source.ts'
import { type BlobImport, importKey } from './imports.ts'
import { startAsRow } from './start-upload.ts'

/** What followers read at once. */
const READ_BYTES = 256 * 1024

/**
 * Fetches a blob of the upstream into the repository by the way that an upload takes. It can be read while it
 * comes: at the pace of each reader, from the file that it is written to.
 */
export function importBlob(domain: Domain, source: ImageSource, digest: Digest): BlobImport {
  const key = importKey(source.repository, digest)
  return domain.imports.blobs.join(key, () => beginBlob(domain, source, digest))
}

function beginBlob(domain: Domain, source: ImageSource, digest: Digest): BlobImport {
  // A full disk is to be told before the answer begins.
  const upload = startAsRow(domain, source.repository).then(
    (uploadId): UploadReference => ({ ...source.repository, uploadId }),
  )
  const fetched = upload.then(() => source.upstream.blob(source.upstreamName, digest))
  const digestAlgorithm = algorithmOf(digest)
  // Who only waits for the end is told there, also when nothing could begin.
  fetched.catch(() => undefined)
  const changed = signal()
  let written = 0
  let isOver = false

  function onStored(size: number): void {
    written = size
    changed.notify()
  }

  async function store(): Promise<void> {
    const reference = await upload
    try {
      await appendPart(domain, reference, { bytes: (await fetched).bytes, digestAlgorithm, onStored })
      await completeUpload(domain, reference, {
        digests: [digest],
        digestAlgorithm,
        checkParts: false,
        existing: 'accept',
      })
    } catch (error) {
      await fetched.then(({ drop }) => drop()).catch(() => undefined)
      // Where its row went with the repository, its bytes may have come after.
      await cancelUpload(domain, reference).catch(() => domain.blobs.discard(reference.uploadId))
      throw reasonOf(error)
    }
  }

  const done = store().finally(() => {
    isOver = true
    changed.notify()
  })

  async function* follow(): AsyncGenerator<Uint8Array> {
    const { uploadId } = await upload
    const { sizeInBytes } = await fetched
    let position = 0
    let file: Awaited<ReturnType<typeof domain.blobs.readUpload>>
    try {
      for (;;) {
        // What failed is read no further, not even what came of it.
        if (isOver) await done
        // Nobody has the last byte, and with it a whole blob, before the digest has proved right.
        const end = isOver || written !== sizeInBytes ? written : written - 1
        if (position < end) {
          file ??= await domain.blobs.readUpload(uploadId)
          const piece = Buffer.allocUnsafe(Math.min(READ_BYTES, end - position))
          const length = await file?.read(position, piece)
          if (!length) break
          position += length
          yield piece.subarray(0, length)
        } else if (isOver) {
          return
        } else {
          await nextChange()
        }
      }
    } finally {
      await file?.close()
    }
    // Either it became a blob before this reader had opened it, or a full disk took the bytes back.
    await done
    const rest = await domain.blobs.read(digest, { first: position, last: written - 1 })
    if (!rest) throw layerUnknown(source.repository, digest)
    yield* rest
  }

  function nextChange(): Promise<void> {
    return new Promise((resolve) => {
      const end = changed.subscribe(() => {
        end()
        resolve()
      })
    })
  }

  return { begun: fetched, done, follow }
}

/** What the upstream did, where it is to blame. */
function reasonOf(error: unknown): unknown {
  if (isRefused(error, 'LayerDigestMismatch'))
    return new UpstreamError('unavailable', 'The upstream sends other bytes than the digest is of', {
      cause: error,
    })
  const { cause } = error as Error
  return error instanceof InterruptedAppend && cause instanceof UpstreamError ? cause : error
}
