import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, mkdir, open, opendir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  algorithmOf,
  type Digest,
  type DigestAlgorithm,
  digestAlgorithms,
  digestFromHex,
  parseDigest,
} from '../rules/digest.ts'
import { isDiskFull } from '../rules/disk-full.ts'
import { StorageMissing } from '../rules/storage-missing.ts'
import { AppendTooLong, type BlobStore, InterruptedAppend, UploadBytesMissing } from './blob-store.ts'
import { blobDirectory, blobFile, blobsDirectory, uploadFile, uploadsDirectory } from './path.ts'

/** Reads of blobs go in pieces of this size. */
const READ_BYTES = 256 * 1024

/** An upload as this process last left it. */
interface Progress {
  readonly algorithm: DigestAlgorithm
  readonly hash: Hash
  size: number
}

export interface DiskOptions {
  readonly dataDirectory: string
  /** Whether blobs are synced to the disk before they count as stored. */
  readonly durable: boolean
}

/** Whether blobs are in a data directory, which may be none yet. */
export async function hasBlobs(dataDirectory: string): Promise<boolean> {
  for (const algorithm of digestAlgorithms) {
    const options = { recursive: true, withFileTypes: true } as const
    const entries = await readdir(blobsDirectory(dataDirectory, algorithm), options).catch(() => [])
    if (entries.some((entry) => entry.isFile())) return true
  }
  return false
}

/** A blob store in a directory of the local file system; see path.ts for the tree. */
export async function openDisk({ dataDirectory, durable }: DiskOptions): Promise<BlobStore> {
  for (const algorithm of digestAlgorithms)
    await mkdir(blobsDirectory(dataDirectory, algorithm), { recursive: true, mode: 0o700 })
  await mkdir(uploadsDirectory(dataDirectory), { recursive: true, mode: 0o700 })
  const uploads = new Map<string, Progress>()
  const knownDirectories = new Set<string>()

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
    if (known?.size === size && known.algorithm === algorithm) return known
    const hash = createHash(algorithm)
    const progress = { algorithm, hash, size: 0 }
    if (size > 0) {
      const file = await openUpload(uploadId, 'r')
      for await (const chunk of file.createReadStream({ end: size - 1 })) {
        hash.update(chunk)
        progress.size += chunk.length
      }
      if (progress.size < size) throw new UploadBytesMissing()
    }
    uploads.set(uploadId, progress)
    return progress
  }

  /** Work on a file that may not be there; that it is not says nothing of it when everything is gone. */
  async function ifPresent<Result>(work: Promise<Result>): Promise<Result | undefined> {
    try {
      return await work
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      await stat(uploadsDirectory(dataDirectory)).catch((cause: unknown) => {
        throw new StorageMissing(`${dataDirectory} is gone`, { cause })
      })
      return undefined
    }
  }

  async function openUpload(uploadId: string, flags: 'r' | 'r+' | 'w'): Promise<FileHandle> {
    const file = await ifPresent(open(uploadFile(dataDirectory, uploadId), flags, 0o600))
    // It may have been discarded meanwhile.
    if (!file) throw new UploadBytesMissing()
    return file
  }

  async function makeBlobDirectory(digest: Digest): Promise<string> {
    const directory = blobDirectory(dataDirectory, digest)
    if (knownDirectories.has(directory)) return directory
    // Not `recursive`, which would begin a new data directory where one was moved away.
    const made = mkdir(directory, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
    await ifPresent(made)
    if (durable) await syncDirectory(blobsDirectory(dataDirectory, algorithmOf(digest)))
    knownDirectories.add(directory)
    return directory
  }

  return {
    async append(uploadId, offset, source, limit, algorithm) {
      const progress = await progressAt(uploadId, offset, algorithm)
      const file = await openUpload(uploadId, offset === 0 ? 'w' : 'r+')
      try {
        if (offset > 0) await file.truncate(offset)
        for await (const chunk of source) {
          if (progress.size + chunk.length > limit) throw new AppendTooLong()
          await writeWhole(file, chunk, progress.size)
          progress.hash.update(chunk)
          progress.size += chunk.length
        }
        return progress.size
      } catch (error) {
        if (error instanceof AppendTooLong) throw error
        if (!isDiskFull(error)) throw new InterruptedAppend(progress.size, error)
        // Nobody is told of these bytes: the disk must not stay full of them.
        uploads.delete(uploadId)
        await file.truncate(offset).catch(() => undefined)
        throw new InterruptedAppend(offset, error)
      } finally {
        await file.close()
      }
    },

    async uploadDigest(uploadId, size, algorithm) {
      const { hash } = await progressAt(uploadId, size, algorithm)
      return digestFromHex(hash.copy().digest('hex'), algorithm)
    },

    async place(uploadId, size, digest) {
      const directory = await makeBlobDirectory(digest)
      // An upload of no bytes may never have been written.
      const file = await openUpload(uploadId, size === 0 ? 'w' : 'r+')
      try {
        const { size: present } = await file.stat()
        if (present < size) throw new UploadBytesMissing()
        // A part that was refused, or that a crash cut off, lies behind what was acknowledged.
        if (present > size) await file.truncate(size)
        if (durable) await file.datasync()
      } finally {
        await file.close()
      }
      const move = rename(uploadFile(dataDirectory, uploadId), blobFile(dataDirectory, digest))
      const isMoved = await ifPresent(move.then(() => true))
      if (!isMoved) throw new UploadBytesMissing()
      if (durable) await syncDirectory(directory)
      uploads.delete(uploadId)
    },

    async discard(uploadId) {
      uploads.delete(uploadId)
      await rm(uploadFile(dataDirectory, uploadId), { force: true })
    },

    async uploadIds() {
      const entries = await ifPresent(readdir(uploadsDirectory(dataDirectory), { withFileTypes: true }))
      return (entries ?? []).filter((entry) => entry.isFile()).map(({ name }) => name)
    },

    async readUpload(uploadId) {
      const file = await ifPresent(open(uploadFile(dataDirectory, uploadId), 'r'))
      return (
        file && {
          async read(position, length) {
            const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, position)
            return buffer.subarray(0, bytesRead)
          },
          close: () => file.close(),
        }
      )
    },

    async size(digest) {
      return (await ifPresent(stat(blobFile(dataDirectory, digest))))?.size
    },

    async read(digest, range) {
      const file = await ifPresent(open(blobFile(dataDirectory, digest), 'r'))
      return file?.createReadStream({
        highWaterMark: READ_BYTES,
        ...(range && { start: range.first, end: range.last }),
      })
    },

    async remove(digest) {
      await rm(blobFile(dataDirectory, digest), { force: true })
    },

    async *digests() {
      for (const algorithm of digestAlgorithms) {
        const directory = blobsDirectory(dataDirectory, algorithm)
        for await (const entry of await opendir(directory)) {
          // Files of others lie beside ours: macOS leaves one wherever somebody looked.
          if (!entry.isDirectory()) continue
          for (const name of await readdir(join(directory, entry.name))) {
            const digest = parseDigest(`${algorithm}:${name}`)
            if (digest) yield digest
          }
        }
      }
    },
  }
}

async function writeWhole(file: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  let written = 0
  while (written < chunk.length) {
    const { bytesWritten } = await file.write(chunk, written, chunk.length - written, position + written)
    written += bytesWritten
  }
}

/** Makes the names in a directory outlast a loss of power, as POSIX wants it for a rename. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
