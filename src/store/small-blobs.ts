import type { Digest } from '../rules/digest.ts'
import type { SmallBlobReads, SmallBlobWrites } from './contract/small-blobs.ts'
import type { Sql } from './sql.ts'

const FIND = 'SELECT bytes FROM small_blobs WHERE digest = ?'
const SIZE = 'SELECT LENGTH(bytes) AS size FROM small_blobs WHERE digest = ?'
const DIGESTS = 'SELECT digest FROM small_blobs WHERE digest > ? ORDER BY digest LIMIT ?'
const KEEP = 'INSERT INTO small_blobs (digest, bytes) VALUES (?, ?) ON CONFLICT DO NOTHING'
const REMOVE = 'DELETE FROM small_blobs WHERE digest = ?'

export function smallBlobs(sql: Sql): SmallBlobReads & SmallBlobWrites {
  return {
    async find(digest) {
      return (await sql.get<{ bytes: Uint8Array }>(FIND, digest))?.bytes
    },
    async size(digest) {
      return (await sql.get<{ size: number }>(SIZE, digest))?.size
    },
    async digests(after, limit) {
      return (await sql.all<{ digest: Digest }>(DIGESTS, after, limit)).map((row) => row.digest)
    },
    async keep(digest, bytes) {
      await sql.run(KEEP, digest, bytes)
    },
    async remove(digest) {
      await sql.run(REMOVE, digest)
    },
  }
}
