import type { EventReads, EventWrites, StoredEvent } from './contract/events.ts'
import type { Sql } from './sql.ts'

interface Row {
  sequence: number
  id: string
  account_id: string
  region: string
  occurred_at: number
  detail_type: string
  resources: string
  detail: string
}

/** Older events are forgotten, many at a time. */
const KEPT = 100_000
const FORGOTTEN_AT_ONCE = 100

const LIST = 'SELECT * FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?'
/** There is no index by what is seldom asked for; it mostly is among the last. */
const FIND = 'SELECT sequence FROM events WHERE id = ? ORDER BY sequence DESC LIMIT 1'
const LAST = 'SELECT COALESCE(MAX(sequence), 0) AS sequence FROM events'
const INSERT = `INSERT INTO events (id, account_id, region, occurred_at, detail_type, resources, detail)
  VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING sequence`
const FORGET = 'DELETE FROM events WHERE sequence <= ?'

export function events(sql: Sql): EventReads & EventWrites {
  return {
    async list({ after, limit }) {
      return (await sql.all<Row>(LIST, after, limit)).map(eventOf)
    },
    async sequenceOf(id) {
      return (await sql.get<{ sequence: number }>(FIND, id))?.sequence
    },
    async lastSequence() {
      return (await sql.get<{ sequence: number }>(LAST))?.sequence ?? 0
    },
    async append({ id, registry, occurredAt, detailType, resources, detail }) {
      const row = await sql.get<{ sequence: number }>(
        INSERT,
        id,
        registry.accountId,
        registry.region,
        occurredAt,
        detailType,
        JSON.stringify(resources),
        JSON.stringify(detail),
      )
      const sequence = row?.sequence ?? 0
      if (sequence % FORGOTTEN_AT_ONCE === 0) await sql.run(FORGET, sequence - KEPT)
    },
  }
}

function eventOf(row: Row): StoredEvent {
  return {
    sequence: row.sequence,
    id: row.id,
    registry: { accountId: row.account_id, region: row.region },
    occurredAt: row.occurred_at,
    detailType: row.detail_type,
    resources: JSON.parse(row.resources) as string[],
    detail: JSON.parse(row.detail) as object,
  }
}
