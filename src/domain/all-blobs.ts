import { Readable } from 'node:stream'
import type { BlobReader, BlobStore } from '../blob/blob-store.ts'
import type { Digest } from '../rules/digest.ts'
import type { Database } from '../store/database.ts'

/** So many digests are asked for at once. */
const PAGE = 1000

/**
 * The blobs of a server, wherever their bytes lie: small ones that came whole are rows of the database, made in the one
 * transaction that makes them a repository's (`completeUpload`), and gone in the one that finds that they are nobody's
 * (`letGo`); all others are files, of which alone `remove` is. One may be both, when it came in both ways; it is listed
 * twice then.
 */
export function allBlobs(database: Database, disk: BlobStore): BlobStore {
  function find(digest: Digest): Promise<Uint8Array | undefined> {
    return database.read((tx) => tx.smallBlobs.find(digest))
  }

  async function* smallDigests(): AsyncGenerator<Digest> {
    for (let after = ''; ; ) {
      const digests = await database.read((tx) => tx.smallBlobs.digests(after, PAGE))
      yield* digests
      const last = digests.at(-1)
      if (last === undefined) return
      after = last
    }
  }

  return {
    ...disk,

    async size(digest) {
      return (await database.read((tx) => tx.smallBlobs.size(digest))) ?? disk.size(digest)
    },

    async read(digest, range) {
      const bytes = await find(digest)
      if (!bytes) return disk.read(digest, range)
      return Readable.from([range ? bytes.subarray(range.first, range.last + 1) : bytes])
    },

    async open(digest) {
      const bytes = await find(digest)
      return bytes ? readerOf(bytes) : disk.open(digest)
    },

    async *digests() {
      // A full disk takes no row, not even one that is to go: who removes them all has the space of files before.
      yield* disk.digests()
      yield* smallDigests()
    },
  }
}

function readerOf(bytes: Uint8Array): BlobReader {
  return {
    async read(position, into) {
      const piece = bytes.subarray(position, position + into.length)
      into.set(piece)
      return piece.length
    },
    close: () => Promise.resolve(),
  }
}
