import type { Digest } from '../rules/digest.ts'
import type { FoundImage, ImageReads } from './contract/images.ts'
import { byImage, type ImageRow } from './image-row.ts'
import { jsonRows } from './json-rows.ts'
import type { Sql } from './sql.ts'

/*
 * What many images of one call need is asked for at once. A statement has room for a fixed number of them, as each text is
 * prepared by itself: the last one stands in the places that are left.
 */

/** A single image is what most calls are about; a hundred is the most that the API takes. */
const ROOMS = [1, 10, 100]

const FOUND_COLUMNS = 'i.id, i.digest, i.media_type, i.status, i.manifest_size, i.last_pulled_at'

/** The columns of an image that is found, without their names. */
type FoundValues = [
  id: ImageRow['id'],
  digest: ImageRow['digest'],
  mediaType: ImageRow['media_type'],
  status: ImageRow['status'],
  manifestSize: ImageRow['manifest_size'],
  lastPulledAt: ImageRow['last_pulled_at'],
]

export function imageBatches(sql: Sql): Pick<ImageReads, 'findAll' | 'manifests' | 'tagsOfAll'> {
  return {
    async findAll(repositoryId, { digests, tags }) {
      const byDigest = new Map<Digest, FoundImage>()
      for (const { places, values } of batches(digests)) {
        const from = `images i WHERE i.repository_id = ? AND i.digest IN (${places})`
        for (const row of await jsonRows<FoundValues>(sql, FOUND_COLUMNS, from, repositoryId, ...values))
          byDigest.set(row[1], foundImageOf(row))
      }
      const byTag = new Map<string, FoundImage>()
      for (const { places, values } of batches(tags)) {
        const columns = `${FOUND_COLUMNS}, t.tag`
        const from = `image_tags t JOIN images i ON i.id = t.image_id
          WHERE t.repository_id = ? AND t.tag IN (${places})`
        const rows = await jsonRows<[...FoundValues, tag: string]>(
          sql,
          columns,
          from,
          repositoryId,
          ...values,
        )
        for (const row of rows) byTag.set(row[6], foundImageOf(row))
      }
      return { byDigest, byTag }
    },
    async manifests(imageIds) {
      const contents = new Map<number, Buffer>()
      for (const { places, values } of batches(imageIds)) {
        const text = `SELECT image_id, content FROM manifests WHERE image_id IN (${places})`
        const rows = await sql.all<{ image_id: number; content: Buffer }>(text, ...values)
        for (const { image_id, content } of rows) contents.set(image_id, content)
      }
      return contents
    },
    async tagsOfAll(imageIds) {
      const told = []
      for (const { places, values } of batches(imageIds)) {
        const from = `image_tags WHERE image_id IN (${places})`
        const rows = await jsonRows<[id: number, tag: string]>(sql, 'image_id, tag', from, ...values)
        for (const [id, value] of rows) told.push({ id, value })
      }
      const tagsOf = byImage(told)
      // Of ASCII letters: the order of their bytes is that of JavaScript.
      for (const tags of tagsOf.values()) tags.sort()
      return tagsOf
    },
  }
}

function foundImageOf(row: FoundValues | [...FoundValues, tag: string]): FoundImage {
  const [id, digest, mediaType, status, manifestBytes, lastPulledAt] = row
  return { id, digest, mediaType, status, manifestBytes, lastPulledAt: lastPulledAt ?? undefined }
}

/** Distinct values, as many at once as a statement has room for, with the `?` that they stand in. */
function* batches<Value extends string | number>(
  wanted: readonly Value[],
): Generator<{ places: string; values: Value[] }> {
  const distinct = [...new Set(wanted)]
  const most = ROOMS.at(-1) as number
  for (let start = 0; start < distinct.length; start += most) {
    const values = distinct.slice(start, start + most)
    const room = ROOMS.find((each) => each >= values.length) as number
    while (values.length < room) values.push(values.at(-1) as Value)
    yield { places: Array(room).fill('?').join(', '), values }
  }
}
