import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { algorithmOf, type Digest, type DigestAlgorithm } from '../rules/digest.ts'
import { StorageMissing } from '../rules/storage-missing.ts'
import type { DiskOptions } from './disk.ts'
import { blobDirectory, blobsDirectory } from './path.ts'
import { presenceIn } from './presence.ts'

/** The directories that hold blobs, kept open to be synced. */
export interface BlobDirectories {
  /** The one that a blob is to lie in. */
  of(digest: Digest): Promise<FileHandle>
  close(): Promise<void>
}

export function blobDirectories({ dataDirectory, durable }: DiskOptions): BlobDirectories {
  const ifPresent = presenceIn(dataDirectory)
  const opened = new Map<string, Promise<FileHandle>>()
  const made = new Map<DigestAlgorithm, Promise<void>>()

  /** The first blob makes all 256 of its algorithm, so that one sync of their own directory is enough. */
  function makeAll(algorithm: DigestAlgorithm): Promise<void> {
    return once(made, algorithm, () => makeDirectories(blobsDirectory(dataDirectory, algorithm)))
  }

  async function makeDirectories(parent: string): Promise<void> {
    const names = Array.from({ length: 256 }, (_, prefix) => prefix.toString(16).padStart(2, '0'))
    // Not `recursive`, which would begin a new data directory where one was moved away.
    const making = names.map((name) =>
      mkdir(join(parent, name), { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error
      }),
    )
    await ifPresent(Promise.all(making))
    if (!durable) return
    // The name of each is kept by the one above it.
    for (const path of [parent, dirname(parent), dataDirectory]) await syncDirectory(path)
  }

  async function openDirectory(path: string): Promise<FileHandle> {
    const directory = await ifPresent(open(path, 'r'))
    if (!directory) throw new StorageMissing(`${path} is gone`)
    return directory
  }

  return {
    async of(digest) {
      await makeAll(algorithmOf(digest))
      const path = blobDirectory(dataDirectory, digest)
      return once(opened, path, () => openDirectory(path))
    },
    async close() {
      await Promise.all([...opened.values()].map(async (directory) => (await directory).close()))
    },
  }
}

/** What was begun under a key before, or is begun now; what fails is begun again by the next. */
function once<Key, Result>(
  begun: Map<Key, Promise<Result>>,
  key: Key,
  begin: () => Promise<Result>,
): Promise<Result> {
  let result = begun.get(key)
  if (!result) {
    result = begin().catch((error: unknown) => {
      begun.delete(key)
      throw error
    })
    begun.set(key, result)
  }
  return result
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
