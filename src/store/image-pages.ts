import type { Digest } from '../rules/digest.ts'
import type { ImageFilter, ImageReads, ImageStatus } from './contract/images.ts'
import { byImage, IMAGE_COLUMNS, type ImageValues, imageOf, rowOf, type Told } from './image-row.ts'
import { jsonRows } from './json-rows.ts'
import type { Sql, SqlValue } from './sql.ts'

/*
 * A page costs what it holds, however many images the repository has and however few of them are chosen: each status
 * and artifact type is a run of an index in the order of ids, and a page is merged from the beginnings of its runs.
 */

const STATUSES: readonly ImageStatus[] = ['ACTIVE', 'ARCHIVED', 'ACTIVATING']
// Of either there is an index: a few images without a tag among many are found at once, and the reverse.
const TAG_STATUSES = { TAGGED: ' AND tag_count > 0', UNTAGGED: ' AND tag_count = 0' }
const NEXT_TYPE = `SELECT artifact_type FROM images
  WHERE repository_id = ? AND status = ? AND artifact_type > ? AND artifact_type < ? ORDER BY artifact_type LIMIT 1`
const HAS_TYPE = 'SELECT 1 FROM images WHERE repository_id = ? AND status = ? AND artifact_type = ? LIMIT 1'

interface Run {
  /** SQL; what its `?` stand for is in `values`. */
  readonly conditions: string
  readonly values: readonly SqlValue[]
}

export function imagePages(sql: Sql): Pick<ImageReads, 'list' | 'listIdentifiers'> {
  return {
    async list(repositoryId, filter, { after, limit }) {
      const rows: ImageValues[] = []
      const tags: [id: number, tag: string][] = []
      for (const { conditions, values } of await runsOf(sql, repositoryId, filter)) {
        const run = [...values, after, limit]
        const page = `(SELECT * FROM images WHERE ${conditions} AND id > ? ORDER BY id LIMIT ?) i`
        rows.push(...(await jsonRows<ImageValues>(sql, IMAGE_COLUMNS, page, ...run)))
        const tagsOfPage = `${page} JOIN image_tags t ON t.image_id = i.id`
        if (filter.tagStatus !== 'UNTAGGED')
          tags.push(...(await jsonRows<[number, string]>(sql, 'i.id, t.tag', tagsOfPage, ...run)))
      }
      const tagsOf = byImage(tags.map(([id, value]): Told<string> => ({ id, value })))
      return rows
        .sort(([a], [b]) => a - b)
        .slice(0, limit)
        .map((values) => {
          const image = imageOf(rowOf(values))
          // A copy of every image, as `...` makes one, takes as long as the query.
          return Object.assign(image, { tags: tagsOf.get(image.id)?.sort() ?? [] })
        })
    },
    async listIdentifiers(repositoryId, filter, { afterImage, afterTag, limit }) {
      const rows: [id: number, digest: Digest, tag: string | null][] = []
      for (const { conditions, values } of await runsOf(sql, repositoryId, filter)) {
        const page = `(SELECT id, digest FROM images WHERE ${conditions} AND id >= ? ORDER BY id LIMIT ?) i`
        rows.push(
          ...(await jsonRows<(typeof rows)[number]>(
            sql,
            'id, digest, tag',
            `(SELECT i.id, i.digest, t.tag FROM ${page} LEFT JOIN image_tags t ON t.image_id = i.id
              WHERE i.id > ? OR t.tag > ? ORDER BY i.id, t.tag LIMIT ?) listed`,
            ...values,
            afterImage,
            // One more: of the first, every tag may be behind us.
            limit + 1,
            afterImage,
            afterTag,
            limit,
          )),
        )
      }
      return rows
        .sort(([a, , tagOfA], [b, , tagOfB]) => a - b || byBytes(tagOfA ?? '', tagOfB ?? ''))
        .slice(0, limit)
        .map(([imageId, digest, tag]) => ({ imageId, digest, tag: tag ?? undefined }))
    },
  }
}

/** The runs whose images a filter chooses: no image is in two of them. */
async function runsOf(sql: Sql, repositoryId: number, filter: ImageFilter): Promise<Run[]> {
  const { status, tagStatus, artifactTypes } = filter
  const ofTagStatus = tagStatus ? TAG_STATUSES[tagStatus] : ''
  const isOfAnyType = !artifactTypes?.length || artifactTypes.includes('*')
  const runs: Run[] = []
  for (const each of status ? [status] : STATUSES) {
    const conditions = `repository_id = ? AND status = ?${ofTagStatus}`
    if (isOfAnyType) runs.push({ conditions, values: [repositoryId, each] })
    else
      for (const type of await typesOf(sql, [repositoryId, each], artifactTypes))
        runs.push({ conditions: `${conditions} AND artifact_type = ?`, values: [repositoryId, each, type] })
  }
  return runs
}

/** The artifact types of images that fit any of `patterns`, each once: one search of the index for each type. */
async function typesOf(sql: Sql, images: SqlValue[], patterns: readonly string[]): Promise<Set<string>> {
  const types = new Set<string>()
  for (const pattern of patterns) {
    if (!pattern.endsWith('*')) {
      if (await sql.get(HAS_TYPE, ...images, pattern)) types.add(pattern)
      continue
    }
    // Every text that begins with the prefix sorts from the prefix to before the prefix with U+10FFFF.
    const prefix = pattern.slice(0, -1)
    const end = `${prefix}\u{10ffff}`
    if (await sql.get(HAS_TYPE, ...images, prefix)) types.add(prefix)
    let next = await sql.get<{ artifact_type: string }>(NEXT_TYPE, ...images, prefix, end)
    while (next) {
      types.add(next.artifact_type)
      next = await sql.get<{ artifact_type: string }>(NEXT_TYPE, ...images, next.artifact_type, end)
    }
  }
  return types
}

/** Tags are of ASCII letters. */
function byBytes(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
