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
const OF_REPOSITORY = 'SELECT id FROM uploads WHERE repository_id = ?'
const STARTED_BEFORE = 'SELECT id FROM uploads WHERE started_at < ?'
const IDS = 'SELECT id FROM uploads'
const INSERT = 'INSERT INTO uploads (id, repository_id, started_at, digest_algorithm) VALUES (?, ?, ?, ?)'
const SAVE_PROGRESS = `UPDATE uploads SET received_bytes = ?, part_count = ?, first_part_bytes = ?,
  last_part_bytes = ?, has_short_part = ? WHERE id = ?`
const DELETE = 'DELETE FROM uploads WHERE id = ?'

export function uploads(sql: Sql): UploadReads & UploadWrites {
  return {
    async find(repositoryId, id) {
      const row = await sql.get<Row>(FIND, id, repositoryId)
      return row && uploadOf(row)
    },
    ofRepository: (repositoryId) => idsOf(sql, OF_REPOSITORY, repositoryId),
    startedBefore: (epochMilliseconds) => idsOf(sql, STARTED_BEFORE, epochMilliseconds),
    ids: () => idsOf(sql, IDS),
    async insert({ id, repositoryId, startedAt, digestAlgorithm }) {
      await sql.run(INSERT, id, repositoryId, startedAt, digestAlgorithm)
    },
    async saveProgress({ id, receivedBytes, partCount, firstPartBytes, lastPartBytes, hasShortPart }) {
      const isShort = hasShortPart ? 1 : 0
      await sql.run(SAVE_PROGRESS, receivedBytes, partCount, firstPartBytes, lastPartBytes, isShort, id)
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
