import { mkdir, open, opendir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { digestAlgorithms, parseDigest } from '../rules/digest.ts'
import { blobDirectories } from './blob-directories.ts'
import { type BlobStore, UploadBytesMissing } from './blob-store.ts'
import { fileReader } from './file-reader.ts'
import { blobFile, blobsDirectory, uploadFile, uploadsDirectory } from './path.ts'
import { presenceIn } from './presence.ts'
import { uploadsOnDisk } from './uploads.ts'

/** Reads of blobs go in pieces of this size. */
const READ_BYTES = 256 * 1024

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
export async function openDisk(options: DiskOptions): Promise<BlobStore> {
  const { dataDirectory, durable } = options
  for (const algorithm of digestAlgorithms)
    await mkdir(blobsDirectory(dataDirectory, algorithm), { recursive: true, mode: 0o700 })
  await mkdir(uploadsDirectory(dataDirectory), { recursive: true, mode: 0o700 })
  const ifPresent = presenceIn(dataDirectory)
  const directories = blobDirectories(options)
  const { seal, close, ...uploads } = uploadsOnDisk(options)

  return {
    ...uploads,

    async place(uploadId, size, digest) {
      const directory = await directories.of(digest)
      await seal(uploadId, size, async () => {
        const moving = rename(uploadFile(dataDirectory, uploadId), blobFile(dataDirectory, digest))
        const isMoved = await ifPresent(moving.then(() => true))
        if (!isMoved) throw new UploadBytesMissing()
        // Makes the name outlast a loss of power, as POSIX wants it for a rename.
        if (durable) await directory.sync()
      })
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

    async open(digest) {
      const file = await ifPresent(open(blobFile(dataDirectory, digest), 'r'))
      return file && fileReader(file)
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

    async close() {
      await Promise.all([close(), directories.close()])
    },
  }
}
