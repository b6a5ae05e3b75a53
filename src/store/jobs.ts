import type { Job, JobReads, JobWrites } from './database.ts'
import type { Sql } from './sql.ts'

interface Row {
  id: number
  kind: string
  account_id: string
  region: string
  payload: string
  due_at: number
  attempts: number
}

const NEXT = 'SELECT * FROM jobs ORDER BY due_at, id LIMIT 1'
const INSERT = 'INSERT INTO jobs (kind, account_id, region, payload, due_at) VALUES (?, ?, ?, ?, ?)'
const POSTPONE = 'UPDATE jobs SET attempts = attempts + 1, due_at = ? WHERE id = ?'
const DELETE = 'DELETE FROM jobs WHERE id = ?'

export function jobs(sql: Sql): JobReads & JobWrites {
  return {
    async next() {
      const row = await sql.get<Row>(NEXT)
      return row && jobOf(row)
    },
    async insert({ kind, registry, payload, dueAt }) {
      await sql.run(INSERT, kind, registry.accountId, registry.region, JSON.stringify(payload), dueAt)
    },
    async postpone(id, dueAt) {
      await sql.run(POSTPONE, dueAt, id)
    },
    async delete(id) {
      await sql.run(DELETE, id)
    },
  }
}

function jobOf(row: Row): Job {
  return {
    id: row.id,
    kind: row.kind,
    registry: { accountId: row.account_id, region: row.region },
    payload: JSON.parse(row.payload) as object,
    dueAt: row.due_at,
    attempts: row.attempts,
  }
}
