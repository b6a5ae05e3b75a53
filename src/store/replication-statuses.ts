import type {
  ReplicationStatus,
  ReplicationStatusReads,
  ReplicationStatusWrites,
} from './contract/replication-statuses.ts'
import type { Sql } from './sql.ts'

interface Row {
  destination_account_id: string
  destination_region: string
  status: ReplicationStatus['status']
  failure_code: string | null
}

const OF_IMAGE = `SELECT * FROM replication_statuses WHERE image_id = ?
  ORDER BY destination_region, destination_account_id`
const PUT = `INSERT INTO replication_statuses
  (image_id, destination_account_id, destination_region, status, failure_code) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (image_id, destination_region, destination_account_id)
  DO UPDATE SET status = excluded.status, failure_code = excluded.failure_code`

export function replicationStatuses(sql: Sql): ReplicationStatusReads & ReplicationStatusWrites {
  return {
    async ofImage(imageId) {
      return (await sql.all<Row>(OF_IMAGE, imageId)).map((row) => ({
        destination: { accountId: row.destination_account_id, region: row.destination_region },
        status: row.status,
        failureCode: row.failure_code ?? undefined,
      }))
    },
    async put(imageId, { destination: { accountId, region }, status, failureCode }) {
      await sql.run(PUT, imageId, accountId, region, status, failureCode ?? null)
    },
  }
}
