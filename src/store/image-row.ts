import type { Digest } from '../rules/digest.ts'
import type { Image, ImageStatus } from './contract/images.ts'

/** A row of `images`; times in epoch milliseconds, sizes in bytes. */
export interface ImageRow {
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

/** The columns of a row as `ImageValues` has them. */
export const IMAGE_COLUMNS = `id, repository_id, digest, media_type, artifact_type, status, manifest_size, size,
  subject, annotations, pushed_at, tag_count, last_pulled_at, last_archived_at, last_activated_at`

/** A row without its names. */
export type ImageValues = readonly [
  id: ImageRow['id'],
  repositoryId: ImageRow['repository_id'],
  digest: ImageRow['digest'],
  mediaType: ImageRow['media_type'],
  artifactType: ImageRow['artifact_type'],
  status: ImageRow['status'],
  manifestSize: ImageRow['manifest_size'],
  size: ImageRow['size'],
  subject: ImageRow['subject'],
  annotations: ImageRow['annotations'],
  pushedAt: ImageRow['pushed_at'],
  tagCount: ImageRow['tag_count'],
  lastPulledAt: ImageRow['last_pulled_at'],
  lastArchivedAt: ImageRow['last_archived_at'],
  lastActivatedAt: ImageRow['last_activated_at'],
]

export function rowOf(values: ImageValues): ImageRow {
  return {
    id: values[0],
    repository_id: values[1],
    digest: values[2],
    media_type: values[3],
    artifact_type: values[4],
    status: values[5],
    manifest_size: values[6],
    size: values[7],
    subject: values[8],
    annotations: values[9],
    pushed_at: values[10],
    tag_count: values[11],
    last_pulled_at: values[12],
    last_archived_at: values[13],
    last_activated_at: values[14],
  }
}

export function imageOf(row: ImageRow): Image {
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

/** Something that is told of an image, one row for each. */
export interface Told<Value> {
  id: number
  value: Value
}

export function byImage<Value>(rows: readonly Told<Value>[]): Map<number, Value[]> {
  const grouped = new Map<number, Value[]>()
  for (const { id, value } of rows) {
    const values = grouped.get(id)
    if (values) values.push(value)
    else grouped.set(id, [value])
  }
  return grouped
}
