import type { DigestAlgorithm } from '../rules/digest.ts'
import type { Upload, UploadReads, UploadWrites } from './contract/uploads.ts'
import type { Sql } from './sql.ts'

interface Row {
  id: string
  repository_id: number
  started_at: number
  received_bytes: number
  part_count: number
  first_part_bytes: number
  last_part_bytes: number
  has_short_part: number
  digest_algorithm: DigestAlgorithm
}

const FIND = 'SELECT * FROM uploads WHERE id = ? AND repository_id = ?'
const EXISTS = 'SELECT 1 FROM uploads WHERE id = ?'
const OF_REPOSITORY = 'SELECT id FROM uploads WHERE repository_id = ?'
const STARTED_BEFORE = 'SELECT id FROM uploads WHERE started_at < ?'
const IDS = 'SELECT id FROM uploads'
const SAVE = `INSERT INTO uploads (id, repository_id, started_at, digest_algorithm,
  received_bytes, part_count, first_part_bytes, last_part_bytes, has_short_part)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET received_bytes = excluded.received_bytes, part_count = excluded.part_count,
    first_part_bytes = excluded.first_part_bytes, last_part_bytes = excluded.last_part_bytes,
    has_short_part = excluded.has_short_part`
const DELETE = 'DELETE FROM uploads WHERE id = ?'

export function uploads(sql: Sql): UploadReads & UploadWrites {
  return {
    async find(repositoryId, id) {
      const row = await sql.get<Row>(FIND, id, repositoryId)
      return row && uploadOf(row)
    },
    async exists(id) {
      return (await sql.get(EXISTS, id)) !== undefined
    },
    ofRepository: (repositoryId) => idsOf(sql, OF_REPOSITORY, repositoryId),
    startedBefore: (epochMilliseconds) => idsOf(sql, STARTED_BEFORE, epochMilliseconds),
    ids: () => idsOf(sql, IDS),
    async save(upload) {
      await sql.run(
        SAVE,
        upload.id,
        upload.repositoryId,
        upload.startedAt,
        upload.digestAlgorithm,
        upload.receivedBytes,
        upload.partCount,
        upload.firstPartBytes,
        upload.lastPartBytes,
        upload.hasShortPart ? 1 : 0,
      )
    },
    async delete(id) {
      return (await sql.run(DELETE, id)) > 0
    },
  }
}

async function idsOf(sql: Sql, text: string, ...values: number[]): Promise<string[]> {
  return (await sql.all<{ id: string }>(text, ...values)).map(({ id }) => id)
}

function uploadOf(row: Row): Upload {
  return {
    id: row.id,
    repositoryId: row.repository_id,
    startedAt: row.started_at,
    receivedBytes: row.received_bytes,
    partCount: row.part_count,
    firstPartBytes: row.first_part_bytes,
    lastPartBytes: row.last_part_bytes,
    hasShortPart: row.has_short_part === 1,
    digestAlgorithm: row.digest_algorithm,
  }
}
