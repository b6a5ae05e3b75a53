import type { Digest } from '../rules/digest.ts'
import type { Image, ImageFilter, ImageReads, ImageStatus, ImageWrites } from './database.ts'
import type { Sql, SqlValue } from './sql.ts'

interface Row {
  id: number
  repository_id: number
  digest: Digest
  media_type: string
  artifact_type: string | null
  status: ImageStatus
  manifest_size: number
  size: number
  subject: Digest | null
  annotations: string | null
  pushed_at: number
  tag_count: number
  last_pulled_at: number | null
  last_archived_at: number | null
  last_activated_at: number | null
}

const FIND_BY_DIGEST = 'SELECT * FROM images WHERE repository_id = ? AND digest = ?'
const FIND_BY_TAG = `SELECT i.* FROM image_tags t JOIN images i ON i.id = t.image_id
  WHERE t.repository_id = ? AND t.tag = ?`
const MANIFEST = 'SELECT content FROM manifests WHERE digest = ?'
const TAGS_OF = 'SELECT tag FROM image_tags WHERE image_id = ? ORDER BY tag'
const LIST_TAGS = `SELECT t.tag FROM image_tags t JOIN images i ON i.id = t.image_id AND i.status = 'ACTIVE'
  WHERE t.repository_id = ? AND t.tag > ? ORDER BY t.tag LIMIT ?`
const PARENTS_OF = `SELECT p.digest FROM image_children c JOIN images p ON p.id = c.parent_id
  WHERE c.repository_id = ? AND c.child = ? ORDER BY p.id`
/** A page of images of one status, to be joined with what is told of them. */
const CANDIDATES = `(SELECT * FROM images WHERE repository_id = ? AND status = ? AND id > ? ORDER BY id LIMIT ?) i`
const LIST_CANDIDATES = `SELECT * FROM ${CANDIDATES} ORDER BY i.id`
const TAGS_OF_CANDIDATES = `SELECT t.image_id AS id, t.tag AS value FROM ${CANDIDATES}
  JOIN image_tags t ON t.image_id = i.id ORDER BY t.image_id, t.tag`
const PARENTS_OF_CANDIDATES = `SELECT i.id, p.digest AS value FROM ${CANDIDATES}
  JOIN image_children c ON c.repository_id = i.repository_id AND c.child = i.digest
  JOIN images p ON p.id = c.parent_id ORDER BY i.id, p.id`
const COUNT_ALL = 'SELECT COUNT(*) AS count FROM images'

const INSERT_MANIFEST =
  'INSERT INTO manifests (digest, content) VALUES (?, ?) ON CONFLICT (digest) DO NOTHING'
const INSERT = `INSERT INTO images (repository_id, digest, media_type, artifact_type, manifest_size, size,
  subject, annotations, pushed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *`
const INSERT_BLOB =
  'INSERT INTO image_blobs (image_id, repository_id, digest, media_type) VALUES (?, ?, ?, ?)'
const INSERT_CHILD = 'INSERT INTO image_children (parent_id, repository_id, child) VALUES (?, ?, ?)'
const COUNT_IMAGE = 'UPDATE repositories SET image_count = image_count + ? WHERE id = ?'
const COUNT_TAG = 'UPDATE images SET tag_count = tag_count + ? WHERE id = ?'
const HOLDER_OF_TAG = 'SELECT image_id FROM image_tags WHERE repository_id = ? AND tag = ?'
const TAG = `INSERT INTO image_tags (repository_id, tag, image_id) VALUES (?, ?, ?)
  ON CONFLICT (repository_id, tag) DO UPDATE SET image_id = excluded.image_id`
const UNTAG = 'DELETE FROM image_tags WHERE repository_id = ? AND tag = ?'
const SET_ARCHIVED = 'UPDATE images SET status = ?, last_archived_at = ? WHERE id = ?'
const FORGET_SCANS = 'DELETE FROM image_scans WHERE image_id = ?'
const SET_ACTIVE = 'UPDATE images SET status = ?, last_activated_at = ? WHERE id = ?'
const SET_STATUS = 'UPDATE images SET status = ? WHERE id = ?'
const SET_LAST_PULLED = 'UPDATE images SET last_pulled_at = ? WHERE id = ?'
const DELETE = 'DELETE FROM images WHERE id = ?'
const DELETE_MANIFEST = `DELETE FROM manifests WHERE digest = ?
  AND NOT EXISTS (SELECT 1 FROM images WHERE images.digest = manifests.digest)`

export function images(sql: Sql): ImageReads & ImageWrites {
  return {
    async findByDigest(repositoryId, digest) {
      const row = await sql.get<Row>(FIND_BY_DIGEST, repositoryId, digest)
      return row && imageOf(row)
    },
    async findByTag(repositoryId, tag) {
      const row = await sql.get<Row>(FIND_BY_TAG, repositoryId, tag)
      return row && imageOf(row)
    },
    async manifest(digest) {
      return (await sql.get<{ content: Buffer }>(MANIFEST, digest))?.content
    },
    async tagsOf(imageId) {
      return (await sql.all<{ tag: string }>(TAGS_OF, imageId)).map(({ tag }) => tag)
    },
    async list(repositoryId, filter, { after, limit }) {
      const chosen = choose(filter)
      const rows = await sql.all<Row>(
        `SELECT * FROM images i WHERE i.repository_id = ? AND i.id > ?${chosen.text} ORDER BY i.id LIMIT ?`,
        repositoryId,
        after,
        ...chosen.values,
        limit,
      )
      const described = []
      for (const row of rows) {
        const tags = row.tag_count === 0 ? [] : await this.tagsOf(row.id)
        described.push({ ...imageOf(row), tags })
      }
      return described
    },
    async listIdentifiers(repositoryId, filter, { afterImage, afterTag, limit }) {
      const chosen = choose(filter)
      const rows = await sql.all<{ id: number; digest: Digest; tag: string | null }>(
        `SELECT i.id, i.digest, t.tag FROM images i LEFT JOIN image_tags t ON t.image_id = i.id
          WHERE i.repository_id = ? AND i.id >= ? AND (i.id > ? OR t.tag > ?)${chosen.text}
          ORDER BY i.id, t.tag LIMIT ?`,
        repositoryId,
        afterImage,
        afterImage,
        afterTag,
        ...chosen.values,
        limit,
      )
      return rows.map(({ id, digest, tag }) => ({ imageId: id, digest, tag: tag ?? undefined }))
    },
    async listTags(repositoryId, { after, limit }) {
      return (await sql.all<{ tag: string }>(LIST_TAGS, repositoryId, after, limit)).map(({ tag }) => tag)
    },
    async listReferrers(repositoryId, subject, filter, { after, limit }) {
      const { artifactTypes = [], status } = filter
      const chosen = choose({ status })
      // Whole types only: the API and distribution-spec know no wildcard here.
      const ofTypes = artifactTypes.map(() => 'i.artifact_type = ?').join(' OR ')
      const rows = await sql.all<Row>(
        `SELECT * FROM images i WHERE i.repository_id = ? AND i.subject = ? AND i.id > ?${chosen.text}
          ${ofTypes && `AND (${ofTypes})`} ORDER BY i.id LIMIT ?`,
        repositoryId,
        subject,
        after,
        ...chosen.values,
        ...artifactTypes,
        limit,
      )
      return rows.map(imageOf)
    },
    async listLifecycleCandidates(repositoryId, status, { after, limit }) {
      const page = [repositoryId, status, after, limit]
      const rows = await sql.all<Row>(LIST_CANDIDATES, ...page)
      const tags = byImage(await sql.all<Told<string>>(TAGS_OF_CANDIDATES, ...page))
      const parents = byImage(await sql.all<Told<Digest>>(PARENTS_OF_CANDIDATES, ...page))
      return rows.map((row) => {
        const { id, digest, subject, pushedAt, lastPulledAt, lastArchivedAt, lastActivatedAt } = imageOf(row)
        const times = { pushedAt, lastPulledAt, lastArchivedAt, lastActivatedAt }
        return {
          id,
          digest,
          status,
          subject,
          ...times,
          tags: tags.get(id) ?? [],
          parents: parents.get(id) ?? [],
        }
      })
    },
    async parentsOf(repositoryId, child) {
      return (await sql.all<{ digest: Digest }>(PARENTS_OF, repositoryId, child)).map(({ digest }) => digest)
    },
    async countAll() {
      return (await sql.get<{ count: number }>(COUNT_ALL))?.count ?? 0
    },
    async insert(image, { manifest, blobs, children }) {
      await sql.run(INSERT_MANIFEST, image.digest, manifest)
      const row = (await sql.get<Row>(
        INSERT,
        image.repositoryId,
        image.digest,
        image.mediaType,
        image.artifactType ?? null,
        image.manifestBytes,
        image.sizeInBytes,
        image.subject ?? null,
        image.annotations ? JSON.stringify(image.annotations) : null,
        image.pushedAt,
      )) as Row
      for (const { digest, mediaType } of blobs)
        await sql.run(INSERT_BLOB, row.id, image.repositoryId, digest, mediaType ?? null)
      for (const child of children) await sql.run(INSERT_CHILD, row.id, image.repositoryId, child)
      await sql.run(COUNT_IMAGE, 1, image.repositoryId)
      return imageOf(row)
    },
    async tag({ id, repositoryId }, tag) {
      const holder = await sql.get<{ image_id: number }>(HOLDER_OF_TAG, repositoryId, tag)
      if (holder?.image_id === id) return
      if (holder) await sql.run(COUNT_TAG, -1, holder.image_id)
      await sql.run(TAG, repositoryId, tag, id)
      await sql.run(COUNT_TAG, 1, id)
    },
    async untag(repositoryId, tag) {
      const holder = await sql.get<{ image_id: number }>(HOLDER_OF_TAG, repositoryId, tag)
      if (!holder) return
      await sql.run(UNTAG, repositoryId, tag)
      await sql.run(COUNT_TAG, -1, holder.image_id)
    },
    async setStatus(id, status, at) {
      if (status === 'ARCHIVED') {
        await sql.run(SET_ARCHIVED, status, at, id)
        // ECR user guide, "Archiving an image": what its scans found is lost.
        await sql.run(FORGET_SCANS, id)
      } else if (status === 'ACTIVE') await sql.run(SET_ACTIVE, status, at, id)
      else await sql.run(SET_STATUS, status, id)
    },
    async setLastPulled(id, at) {
      await sql.run(SET_LAST_PULLED, at, id)
    },
    async delete({ id, repositoryId, digest }) {
      await sql.run(DELETE, id)
      await sql.run(DELETE_MANIFEST, digest)
      await sql.run(COUNT_IMAGE, -1, repositoryId)
    },
  }
}

/** The conditions of a filter. The texts it can make are few: each is prepared once, as all are. */
function choose(filter: ImageFilter): { text: string; values: SqlValue[] } {
  const values: SqlValue[] = []
  let text = ''
  if (filter.status) {
    text += ' AND i.status = ?'
    values.push(filter.status)
  }
  if (filter.tagStatus)
    text += filter.tagStatus === 'TAGGED' ? ' AND i.tag_count > 0' : ' AND i.tag_count = 0'
  if (filter.artifactTypes?.length && !filter.artifactTypes.includes('*')) {
    const alternatives = filter.artifactTypes.map((type) => {
      if (!type.endsWith('*')) {
        values.push(type)
        return 'i.artifact_type = ?'
      }
      // Every text that begins with the prefix sorts from the prefix to before the prefix with U+10FFFF.
      const prefix = type.slice(0, -1)
      values.push(prefix, `${prefix}\u{10ffff}`)
      return '(i.artifact_type >= ? AND i.artifact_type < ?)'
    })
    text += ` AND (${alternatives.join(' OR ')})`
  }
  return { text, values }
}

/** Something that is told of an image, one row for each. */
interface Told<Value> {
  id: number
  value: Value
}

function byImage<Value>(rows: readonly Told<Value>[]): Map<number, Value[]> {
  const grouped = new Map<number, Value[]>()
  for (const { id, value } of rows) {
    const values = grouped.get(id)
    if (values) values.push(value)
    else grouped.set(id, [value])
  }
  return grouped
}

function imageOf(row: Row): Image {
  return {
    id: row.id,
    repositoryId: row.repository_id,
    digest: row.digest,
    mediaType: row.media_type,
    artifactType: row.artifact_type ?? undefined,
    status: row.status,
    manifestBytes: row.manifest_size,
    sizeInBytes: row.size,
    subject: row.subject ?? undefined,
    annotations: row.annotations ? (JSON.parse(row.annotations) as Record<string, string>) : undefined,
    pushedAt: row.pushed_at,
    tagCount: row.tag_count,
    lastPulledAt: row.last_pulled_at ?? undefined,
    lastArchivedAt: row.last_archived_at ?? undefined,
    lastActivatedAt: row.last_activated_at ?? undefined,
  }
}
