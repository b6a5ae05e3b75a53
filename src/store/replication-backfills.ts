import type { Digest } from '../rules/digest.ts'
import type {
  Backfill,
  BackfillItem,
  BackfillReads,
  BackfillWrites,
} from './contract/replication-backfills.ts'
import type { Sql } from './sql.ts'

interface Row {
  sequence: number
  id: string
  account_id: string
  region: string
  destination_account_id: string
  destination_region: string
  status: Backfill['status']
  failure_code: string | null
  total: number | null
  completed: number | null
  failed: number | null
  started_at: number
  ended_at: number | null
}

interface ItemRow {
  sequence: number
  repository_name: string
  digest: Digest
  tag: string | null
  status: BackfillItem['status']
  failure_code: string | null
  sub_failure_codes: string | null
}

const FIND = 'SELECT * FROM replication_backfills WHERE account_id = ? AND region = ? AND id = ?'
const LIST = `SELECT * FROM replication_backfills WHERE account_id = ? AND region = ? AND sequence < ?
  ORDER BY sequence DESC LIMIT ?`
const RUNNING = `SELECT * FROM replication_backfills WHERE account_id = ? AND region = ? AND ended_at IS NULL
  ORDER BY sequence`
const FAILURE_CODES = `SELECT DISTINCT failure_code FROM replication_backfill_items
  WHERE backfill_id = ? AND failure_code IS NOT NULL ORDER BY failure_code`
const ITEMS = `SELECT * FROM replication_backfill_items WHERE backfill_id = ? AND sequence > ?
  AND status = ? ORDER BY sequence LIMIT ?`

const INSERT = `INSERT INTO replication_backfills
  (id, account_id, region, destination_account_id, destination_region, status, started_at)
  VALUES (?, ?, ?, ?, ?, ?, ?)`
const IMAGES = 'SELECT id FROM images WHERE repository_id = ? AND id > ? ORDER BY id LIMIT ?'
const ADD_IMAGES = `INSERT INTO replication_backfill_items (backfill_id, repository_name, digest, tag)
  SELECT ?, ?, i.digest, t.tag FROM images i LEFT JOIN image_tags t ON t.image_id = i.id
  WHERE i.repository_id = ? AND i.id > ? AND i.id <= ? AND i.status = 'ACTIVE' ORDER BY i.id, t.tag`
const DELETE_ITEMS = `DELETE FROM replication_backfill_items WHERE sequence IN
  (SELECT sequence FROM replication_backfill_items WHERE backfill_id = ? LIMIT ?)`
const PREPARED = `UPDATE replication_backfills SET status = 'IN_PROGRESS', total = ?, completed = 0, failed = 0
  WHERE id = ?`
const SAVE_ITEM = `UPDATE replication_backfill_items SET status = ?, failure_code = ?, sub_failure_codes = ?
  WHERE sequence = ?`
const COUNT = 'UPDATE replication_backfills SET completed = completed + ?, failed = failed + ? WHERE id = ?'
const END = 'UPDATE replication_backfills SET status = ?, failure_code = ?, ended_at = ? WHERE id = ?'
const DELETE = 'DELETE FROM replication_backfills WHERE id = ?'

export function replicationBackfills(sql: Sql): BackfillReads & BackfillWrites {
  return {
    async find({ accountId, region }, id) {
      const row = await sql.get<Row>(FIND, accountId, region, id)
      return row && backfillOf(row)
    },
    async list({ accountId, region }, { before, limit }) {
      return (await sql.all<Row>(LIST, accountId, region, before, limit)).map(backfillOf)
    },
    async running({ accountId, region }) {
      return (await sql.all<Row>(RUNNING, accountId, region)).map(backfillOf)
    },
    async failureCodes(id) {
      const rows = await sql.all<{ failure_code: string }>(FAILURE_CODES, id)
      return rows.map(({ failure_code }) => failure_code)
    },
    async items(id, status, { after, limit }) {
      const rows: ItemRow[] = []
      // Each status for itself, as the index has them: all at once would be all items of the backfill, sorted.
      for (const one of status === undefined ? ['COMPLETE', 'FAILED'] : [status])
        rows.push(...(await sql.all<ItemRow>(ITEMS, id, after, one, limit)))
      return rows
        .sort((a, b) => a.sequence - b.sequence)
        .slice(0, limit)
        .map(itemOf)
    },
    async insert({ id, registry, destination, status, startedAt }) {
      const { accountId, region } = destination
      await sql.run(INSERT, id, registry.accountId, registry.region, accountId, region, status, startedAt)
    },
    async addImages(backfill, { id, name }, { after, limit }) {
      const last = (await sql.all<{ id: number }>(IMAGES, id, after, limit)).at(-1)?.id
      if (last === undefined) return undefined
      return { pairs: await sql.run(ADD_IMAGES, backfill.id, name, id, after, last), last }
    },
    deleteItems: (id, limit) => sql.run(DELETE_ITEMS, id, limit),
    async setPrepared({ id }, total) {
      await sql.run(PREPARED, total, id)
    },
    async saveItem({ id }, { sequence, status, failureCode, subImageFailureCodes }) {
      const codes = subImageFailureCodes ? JSON.stringify(subImageFailureCodes) : null
      await sql.run(SAVE_ITEM, status, failureCode ?? null, codes, sequence)
      await sql.run(COUNT, Number(status === 'COMPLETE'), Number(status === 'FAILED'), id)
    },
    async end({ id }, { status, failureCode, endedAt }) {
      await sql.run(END, status, failureCode ?? null, endedAt, id)
    },
    async delete(id) {
      await sql.run(DELETE, id)
    },
  }
}

function backfillOf(row: Row): Backfill {
  const { total, completed, failed } = row
  return {
    sequence: row.sequence,
    id: row.id,
    registry: { accountId: row.account_id, region: row.region },
    destination: { accountId: row.destination_account_id, region: row.destination_region },
    status: row.status,
    failureCode: row.failure_code ?? undefined,
    counts: total === null ? undefined : { total, completed: completed ?? 0, failed: failed ?? 0 },
    startedAt: row.started_at,
    endedAt: row.ended_at ?? undefined,
  }
}

function itemOf(row: ItemRow): BackfillItem {
  return {
    sequence: row.sequence,
    repositoryName: row.repository_name,
    digest: row.digest,
    tag: row.tag ?? undefined,
    status: row.status,
    failureCode: row.failure_code ?? undefined,
    subImageFailureCodes: row.sub_failure_codes ? (JSON.parse(row.sub_failure_codes) as string[]) : undefined,
  }
}
