import type { Upload, UploadReads, UploadWrites } from './database.ts'
import type { Sql } from './sql.ts'

interface Row {
  id: string
  repository_id: number
  started_at: number
  received_bytes: number
  part_count: number
  last_part_bytes: number
  has_short_part: number
}

const FIND = 'SELECT * FROM uploads WHERE id = ? AND repository_id = ?'
const OF_REPOSITORY = 'SELECT id FROM uploads WHERE repository_id = ?'
const STARTED_BEFORE = 'SELECT id FROM uploads WHERE started_at < ?'
const IDS = 'SELECT id FROM uploads'
const INSERT = 'INSERT INTO uploads (id, repository_id, started_at) VALUES (?, ?, ?)'
const SAVE_PROGRESS = `UPDATE uploads SET received_bytes = ?, part_count = ?, last_part_bytes = ?,
  has_short_part = ? WHERE id = ?`
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
    async insert({ id, repositoryId, startedAt }) {
      await sql.run(INSERT, id, repositoryId, startedAt)
    },
    async saveProgress({ id, receivedBytes, partCount, lastPartBytes, hasShortPart }) {
      await sql.run(SAVE_PROGRESS, receivedBytes, partCount, lastPartBytes, hasShortPart ? 1 : 0, id)
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
    lastPartBytes: row.last_part_bytes,
    hasShortPart: row.has_short_part === 1,
  }
}
