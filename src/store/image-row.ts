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
