import type { Job, JobReads, JobWrites, Lane } from './contract/jobs.ts'
import type { Sql } from './sql.ts'

interface Row {
  id: number
  lane: Lane
  kind: string
  account_id: string
  region: string
  payload: string
  due_at: number
  attempts: number
}

const NEXT = 'SELECT * FROM jobs WHERE lane = ? ORDER BY due_at, id LIMIT 1'
const INSERT = 'INSERT INTO jobs (lane, kind, account_id, region, payload, due_at) VALUES (?, ?, ?, ?, ?, ?)'
const POSTPONE = 'UPDATE jobs SET attempts = attempts + 1, due_at = ? WHERE id = ?'
const BRING_FORWARD = 'UPDATE jobs SET due_at = due_at - ?'
const DELETE = 'DELETE FROM jobs WHERE id = ?'

export function jobs(sql: Sql): JobReads & JobWrites {
  return {
    async next(lane) {
      const row = await sql.get<Row>(NEXT, lane)
      return row && jobOf(row)
    },
    async insert({ lane, kind, registry, payload, dueAt }) {
      await sql.run(INSERT, lane, kind, registry.accountId, registry.region, JSON.stringify(payload), dueAt)
    },
    async postpone(id, dueAt) {
      await sql.run(POSTPONE, dueAt, id)
    },
    async bringForward(milliseconds) {
      await sql.run(BRING_FORWARD, milliseconds)
    },
    async delete(id) {
      await sql.run(DELETE, id)
    },
  }
}

function jobOf(row: Row): Job {
  return {
    id: row.id,
    lane: row.lane,
    kind: row.kind,
    registry: { accountId: row.account_id, region: row.region },
    payload: JSON.parse(row.payload) as object,
    dueAt: row.due_at,
    attempts: row.attempts,
  }
}
