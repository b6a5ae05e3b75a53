import { type FileHandle, open, readdir, rm, stat } from 'node:fs/promises'
import type { DigestAlgorithm } from '../rules/digest.ts'
import { isDiskFull } from '../rules/disk-full.ts'
import { AppendTooLong, type BlobStore, InterruptedAppend, UploadBytesMissing } from './blob-store.ts'
import type { DiskOptions } from './disk.ts'
import { fileReader } from './file-reader.ts'
import { type GrowingHash, growingHash } from './growing-hash.ts'
import { idleFiles } from './idle-files.ts'
import { inPieces } from './in-pieces.ts'
import { uploadFile, uploadsDirectory } from './path.ts'
import { presenceIn } from './presence.ts'
import { hashThread } from './thread-hash.ts'

/** What came is sent on its way to the disk after so many bytes, so that little is left to wait for in the end. */
const SYNC_BYTES = 32 * 1024 * 1024

/** An upload as this process last left it. */
interface Progress {
  readonly hash: GrowingHash
  /** The end of hashing what was stored last, which nobody waits for but the next piece and the digest. */
  hashing: Promise<void>
  size: number
  /** Whether its file ends with it: bytes that were refused, or that a crash cut off, may lie behind. */
  isTrimmed: boolean
  syncedBytes: number
}

type OfUploads = 'append' | 'uploadDigest' | 'release' | 'discard' | 'uploadIds' | 'readUpload' | 'close'

/** The part of a blob store that is about uploads. */
export interface Uploads extends Pick<BlobStore, OfUploads> {
  /**
   * Has an upload moved once its first `size` bytes are all that it has, and on the disk; it is gone afterwards.
   *
   * @throws UploadBytesMissing
   */
  seal(uploadId: string, size: number, move: () => Promise<void>): Promise<void>
}

export function uploadsOnDisk({ dataDirectory, durable }: DiskOptions): Uploads {
  const ifPresent = presenceIn(dataDirectory)
  const uploads = new Map<string, Progress>()
  /** Early syncs that are under way or failed, by upload: of what failed, no later sync tells. */
  const syncs = new Map<string, Promise<void>>()
  const files = idleFiles()
  const thread = hashThread()

  /**
   * The state of an upload at `size`, from memory, else from its file: after a restart, and where it was hashed
   * by another algorithm until now.
   */
  async function progressAt(
    uploadId: string,
    size: number,
    algorithm: DigestAlgorithm = 'sha256',
  ): Promise<Progress> {
    const known = uploads.get(uploadId)
    if (known?.size === size && known.hash.algorithm === algorithm) return known
    const file = uploadFile(dataDirectory, uploadId)
    if (size > 0) {
      const stats = await ifPresent(stat(file))
      if (!stats || stats.size < size) throw new UploadBytesMissing()
    }
    forget(uploadId)
    const hash = await ifPresent(growingHash(thread, { file, size, algorithm }))
    if (!hash) throw new UploadBytesMissing()
    const progress = { hash, hashing: Promise.resolve(), size, isTrimmed: false, syncedBytes: size }
    uploads.set(uploadId, progress)
    return progress
  }

  function forget(uploadId: string): void {
    const known = uploads.get(uploadId)
    uploads.delete(uploadId)
    // It may be moving to the thread.
    known?.hashing.catch(() => undefined).then(known.hash.forget)
  }

  async function openUpload(uploadId: string, flags: 'r' | 'r+' | 'w'): Promise<FileHandle> {
    const file = await ifPresent(open(uploadFile(dataDirectory, uploadId), flags, 0o600))
    if (file) return file
    // It may have been discarded meanwhile.
    forget(uploadId)
    throw new UploadBytesMissing()
  }

  /** Begins to sync what has come, where that is much, beside what comes next. */
  function syncEarly(uploadId: string, progress: Progress, file: FileHandle): void {
    if (!durable || progress.size - progress.syncedBytes < SYNC_BYTES || syncs.has(uploadId)) return
    progress.syncedBytes = progress.size
    const syncing = file.datasync().then(() => {
      syncs.delete(uploadId)
    })
    // Told to who places the upload.
    syncing.catch(() => undefined)
    syncs.set(uploadId, syncing)
  }

  /**
   * Syncs a whole upload. One that the disk failed to keep is given up: the system may have dropped its bytes, and
   * tells of it only once.
   */
  async function syncWhole(uploadId: string, file: FileHandle): Promise<void> {
    try {
      await syncs.get(uploadId)
      await file.datasync()
    } catch (error) {
      await discard(uploadId)
      throw error
    }
  }

  async function discard(uploadId: string): Promise<void> {
    forget(uploadId)
    syncs.delete(uploadId)
    await files.take(uploadId)?.close()
    await rm(uploadFile(dataDirectory, uploadId), { force: true })
  }

  return {
    async append(uploadId, offset, source, limit, algorithm, onStored) {
      const progress = await progressAt(uploadId, offset, algorithm)
      const kept = files.take(uploadId)
      const file = kept ?? (await openUpload(uploadId, offset === 0 ? 'w' : 'r+'))
      if (!kept && offset === 0) progress.isTrimmed = true
      let isTaken = true
      // Kept open then, its file would hold space of the disk, and nobody comes for it.
      const isDiscarded = (): boolean => uploads.get(uploadId) !== progress
      async function take(chunks: readonly Uint8Array[]): Promise<void> {
        const length = lengthOf(chunks)
        isTaken = false
        // One piece is hashed while the next is written.
        await Promise.all([writeWhole(file, chunks, progress.size), progress.hashing])
        progress.hashing = progress.hash.update(chunks)
        // Told to who waits for it.
        progress.hashing.catch(() => undefined)
        isTaken = true
        progress.size += length
        onStored?.(progress.size)
        syncEarly(uploadId, progress, file)
      }
      try {
        if (!progress.isTrimmed) await file.truncate(offset)
        progress.isTrimmed = true
        await inPieces(within(source, limit - offset), take)
        if (isDiscarded()) throw new UploadBytesMissing()
        await files.keep(uploadId, file)
        return progress.size
      } catch (error) {
        const { size } = progress
        const isGone = isDiscarded()
        // What stands in the file is not known any more, or not what was hashed.
        if (!isTaken) forget(uploadId)
        if (isDiskFull(error)) {
          // Nobody is told of these bytes: the disk must not stay full of them.
          forget(uploadId)
          await file.truncate(offset).catch(() => undefined)
        }
        await file.close()
        if (isGone) throw new UploadBytesMissing(undefined, { cause: error })
        if (error instanceof AppendTooLong) throw error
        throw new InterruptedAppend(isDiskFull(error) ? offset : size, error)
      }
    },

    async uploadDigest(uploadId, size, algorithm) {
      const { hash, hashing } = await progressAt(uploadId, size, algorithm)
      try {
        // Where it grew large, its file was read again: it may have been discarded meanwhile.
        const digest = await ifPresent(hashing.then(() => hash.digest()))
        if (!digest) throw new UploadBytesMissing()
        return digest
      } catch (error) {
        // Of a thread that has ended; the next one reads the bytes again.
        forget(uploadId)
        throw error
      }
    },

    async seal(uploadId, size, move) {
      const known = uploads.get(uploadId)
      // An upload of no bytes may never have been written.
      const file = files.take(uploadId) ?? (await openUpload(uploadId, size === 0 ? 'w' : 'r+'))
      try {
        if (!known?.isTrimmed || known.size !== size) {
          const { size: present } = await file.stat()
          if (present < size) throw new UploadBytesMissing()
          // A part that was refused, or that a crash cut off, lies behind what was acknowledged.
          if (present > size) await file.truncate(size)
        }
        if (durable) await syncWhole(uploadId, file)
        await move()
      } finally {
        await file.close()
      }
      forget(uploadId)
    },

    async release(uploadId) {
      if (uploads.has(uploadId)) await discard(uploadId)
    },

    discard,

    async uploadIds() {
      const entries = await ifPresent(readdir(uploadsDirectory(dataDirectory), { withFileTypes: true }))
      return (entries ?? []).filter((entry) => entry.isFile()).map(({ name }) => name)
    },

    async readUpload(uploadId) {
      const file = await ifPresent(open(uploadFile(dataDirectory, uploadId), 'r'))
      return file && fileReader(file)
    },

    async close() {
      await Promise.all([thread.close(), files.close()])
    },
  }
}

/** The chunks, as long as they have no more than `limit` bytes together. */
async function* within(source: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const chunk of source) {
    size += chunk.length
    if (size > limit) throw new AppendTooLong()
    yield chunk
  }
}

function lengthOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0)
}

async function writeWhole(file: FileHandle, chunks: readonly Uint8Array[], position: number): Promise<void> {
  const length = lengthOf(chunks)
  const { bytesWritten } = await file.writev(chunks, position)
  if (bytesWritten === length) return
  const bytes = Buffer.concat(chunks, length)
  for (let written = bytesWritten; written < length; )
    written += (await file.write(bytes, written, length - written, position + written)).bytesWritten
}
