import type { Digest } from '../rules/digest.ts'
import type { LayerReads, LayerWrites } from './contract/layers.ts'
import type { Sql } from './sql.ts'

interface Row {
  digest: Digest
  size: number
  linked_at: number
  media_type: string | null
  image_id: number | null
  has_active: number
}

const FIND = `SELECT l.digest, l.size, l.linked_at, b.media_type, b.image_id,
  EXISTS (SELECT 1 FROM image_blobs o JOIN images i ON i.id = o.image_id AND i.status = 'ACTIVE'
    WHERE o.repository_id = l.repository_id AND o.digest = l.digest) AS has_active
  FROM layers l
  LEFT JOIN image_blobs b ON b.repository_id = l.repository_id AND b.digest = l.digest
  WHERE l.repository_id = ? AND l.digest = ? ORDER BY b.image_id DESC LIMIT 1`
const SIZE = 'SELECT size FROM layers WHERE repository_id = ? AND digest = ?'
const IS_OWNED = 'SELECT 1 FROM layers WHERE digest = ? LIMIT 1'
const OWNERS = `SELECT r.name FROM layers l JOIN repositories r ON r.id = l.repository_id
  WHERE l.digest = ? AND r.account_id = ? AND r.region = ? ORDER BY l.linked_at DESC, r.id LIMIT ?`
const TOTALS = `SELECT COUNT(*) AS count, COALESCE(SUM(size), 0) AS size
  FROM (SELECT DISTINCT digest, size FROM layers) AS each_digest`
const LINK = `INSERT INTO layers (repository_id, digest, size, linked_at) VALUES (?, ?, ?, ?)
  ON CONFLICT (repository_id, digest) DO UPDATE SET linked_at = excluded.linked_at`
const UNLINK = 'DELETE FROM layers WHERE repository_id = ? AND digest = ?'
const UNLINK_UNREFERENCED = `DELETE FROM layers WHERE linked_at < ? AND NOT EXISTS
  (SELECT 1 FROM image_blobs b WHERE b.repository_id = layers.repository_id AND b.digest = layers.digest)`

export function layers(sql: Sql): LayerReads & LayerWrites {
  return {
    async find(repositoryId, digest) {
      const row = await sql.get<Row>(FIND, repositoryId, digest)
      if (!row) return undefined
      return {
        digest: row.digest,
        sizeInBytes: row.size,
        mediaType: row.media_type ?? undefined,
        referenced: row.image_id !== null,
        isArchived: row.image_id !== null && !row.has_active,
        linkedAt: row.linked_at,
      }
    },
    async sizeOf(repositoryId, digest) {
      return (await sql.get<{ size: number }>(SIZE, repositoryId, digest))?.size
    },
    async isOwned(digest) {
      return (await sql.get(IS_OWNED, digest)) !== undefined
    },
    async ownersOf({ accountId, region }, digest, limit) {
      const rows = await sql.all<{ name: string }>(OWNERS, digest, accountId, region, limit)
      return rows.map(({ name }) => name)
    },
    async totals() {
      const row = await sql.get<{ count: number; size: number }>(TOTALS)
      return { count: row?.count ?? 0, sizeInBytes: row?.size ?? 0 }
    },
    async link(repositoryId, { digest, sizeInBytes, linkedAt }) {
      await sql.run(LINK, repositoryId, digest, sizeInBytes, linkedAt)
    },
    async unlink(repositoryId, digest) {
      await sql.run(UNLINK, repositoryId, digest)
    },
    unlinkUnreferenced: (linkedBefore) => sql.run(UNLINK_UNREFERENCED, linkedBefore),
  }
}
