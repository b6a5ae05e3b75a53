import type { Digest } from '../rules/digest.ts'
import type { ImageReads, ImageWrites } from './contract/images.ts'
import { imageBatches } from './image-batches.ts'
import { imagePages } from './image-pages.ts'
import { byImage, type ImageRow, imageOf, type Told } from './image-row.ts'
import { listing, nameList } from './name-list.ts'
import type { Sql } from './sql.ts'

const FIND_BY_DIGEST = 'SELECT * FROM images WHERE repository_id = ? AND digest = ?'
const FIND_BY_TAG = `SELECT i.* FROM image_tags t JOIN images i ON i.id = t.image_id
  WHERE t.repository_id = ? AND t.tag = ?`
const MANIFEST = 'SELECT content FROM manifests WHERE image_id = ?'
const TAGS_OF = 'SELECT tag FROM image_tags WHERE image_id = ? ORDER BY tag'
/** Where all images are ACTIVE, which is asked once, the tags are read from their index alone. */
const LIST_TAGS = listing(`SELECT t.tag AS name FROM image_tags t WHERE t.repository_id = ? AND t.tag > ?
  AND (NOT EXISTS (SELECT 1 FROM images WHERE repository_id = ? AND status IN ('ARCHIVED', 'ACTIVATING'))
    OR EXISTS (SELECT 1 FROM images i WHERE i.id = t.image_id AND i.status = 'ACTIVE'))
  ORDER BY t.tag LIMIT ?`)
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

const INSERT = `INSERT INTO images (repository_id, digest, media_type, artifact_type, manifest_size, size,
  subject, annotations, pushed_at, tag_count) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`
const INSERT_MANIFEST = 'INSERT INTO manifests (image_id, content) VALUES (?, ?)'
const INSERT_BLOB =
  'INSERT INTO image_blobs (image_id, repository_id, digest, media_type) VALUES (?, ?, ?, ?)'
const INSERT_CHILD = 'INSERT INTO image_children (parent_id, repository_id, child) VALUES (?, ?, ?)'
const COUNT_IMAGE = 'UPDATE repositories SET image_count = image_count + ? WHERE id = ?'
const COUNT_TAG = 'UPDATE images SET tag_count = tag_count + ? WHERE id = ?'
const HOLDER_OF_TAG = 'SELECT image_id FROM image_tags WHERE repository_id = ? AND tag = ?'
const TAG = 'INSERT INTO image_tags (repository_id, tag, image_id) VALUES (?, ?, ?)'
const UNTAG = 'DELETE FROM image_tags WHERE repository_id = ? AND tag = ?'
const SET_ARCHIVED = 'UPDATE images SET status = ?, last_archived_at = ? WHERE id = ?'
const FORGET_SCANS = 'DELETE FROM image_scans WHERE image_id = ?'
const SET_ACTIVE = 'UPDATE images SET status = ?, last_activated_at = ? WHERE id = ?'
const SET_STATUS = 'UPDATE images SET status = ? WHERE id = ?'
const SET_LAST_PULLED = 'UPDATE images SET last_pulled_at = ? WHERE id = ?'
const DELETE = 'DELETE FROM images WHERE id = ?'

export function images(sql: Sql): ImageReads & ImageWrites {
  /** From whichever image has it, but for `id`; answers whether that one has it. */
  async function takeTag(repositoryId: number, tag: string, id?: number): Promise<boolean> {
    const holder = await sql.get<{ image_id: number }>(HOLDER_OF_TAG, repositoryId, tag)
    if (!holder) return false
    if (holder.image_id === id) return true
    await sql.run(UNTAG, repositoryId, tag)
    await sql.run(COUNT_TAG, -1, holder.image_id)
    return false
  }

  return {
    ...imagePages(sql),
    ...imageBatches(sql),
    async findByDigest(repositoryId, digest) {
      const row = await sql.get<ImageRow>(FIND_BY_DIGEST, repositoryId, digest)
      return row && imageOf(row)
    },
    async findByTag(repositoryId, tag) {
      const row = await sql.get<ImageRow>(FIND_BY_TAG, repositoryId, tag)
      return row && imageOf(row)
    },
    async manifest(imageId) {
      return (await sql.get<{ content: Buffer }>(MANIFEST, imageId))?.content
    },
    async tagsOf(imageId) {
      return (await sql.all<{ tag: string }>(TAGS_OF, imageId)).map(({ tag }) => tag)
    },
    listTags: (repositoryId, { after, limit }) =>
      nameList(sql, LIST_TAGS, limit, repositoryId, after, repositoryId),
    async listReferrers(repositoryId, subject, filter, { after, limit }) {
      const { artifactTypes = [], status } = filter
      // Whole types only: the API and distribution-spec know no wildcard here.
      const ofTypes = artifactTypes.map(() => 'i.artifact_type = ?').join(' OR ')
      const rows = await sql.all<ImageRow>(
        `SELECT * FROM images i WHERE i.repository_id = ? AND i.subject = ? AND i.id > ?
          ${status ? 'AND i.status = ?' : ''} ${ofTypes && `AND (${ofTypes})`} ORDER BY i.id LIMIT ?`,
        repositoryId,
        subject,
        after,
        ...(status ? [status] : []),
        ...artifactTypes,
        limit,
      )
      return rows.map(imageOf)
    },
    async listLifecycleCandidates(repositoryId, status, { after, limit }) {
      const page = [repositoryId, status, after, limit]
      const rows = await sql.all<ImageRow>(LIST_CANDIDATES, ...page)
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
    async insert(image, { manifest, blobs, children, tag }) {
      if (tag !== undefined) await takeTag(image.repositoryId, tag)
      const tagCount = tag === undefined ? 0 : 1
      const { id } = (await sql.get<{ id: number }>(
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
        tagCount,
      )) as { id: number }
      await sql.run(INSERT_MANIFEST, id, manifest)
      if (tag !== undefined) await sql.run(TAG, image.repositoryId, tag, id)
      for (const { digest, mediaType } of blobs)
        await sql.run(INSERT_BLOB, id, image.repositoryId, digest, mediaType ?? null)
      for (const child of children) await sql.run(INSERT_CHILD, id, image.repositoryId, child)
      await sql.run(COUNT_IMAGE, 1, image.repositoryId)
      const never = { lastPulledAt: undefined, lastArchivedAt: undefined, lastActivatedAt: undefined }
      return { id, ...image, status: 'ACTIVE', tagCount, ...never }
    },
    async tag({ id, repositoryId }, tag) {
      if (await takeTag(repositoryId, tag, id)) return
      await sql.run(TAG, repositoryId, tag, id)
      await sql.run(COUNT_TAG, 1, id)
    },
    async untag(repositoryId, tag) {
      await takeTag(repositoryId, tag)
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
    async delete({ id, repositoryId }) {
      await sql.run(DELETE, id)
      await sql.run(COUNT_IMAGE, -1, repositoryId)
    },
  }
}
