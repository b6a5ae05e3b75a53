import type { Digest } from '../rules/digest.ts'
import type { ScanType } from '../rules/scanning.ts'
import type {
  ContinuousScan,
  ImageScan,
  ImageScanReads,
  ImageScanWrites,
  Period,
  ScanStatus,
} from './contract/image-scans.ts'
import type { Sql } from './sql.ts'

interface Row {
  image_id: number
  scan_type: ScanType
  status: ScanStatus
  description: string | null
  requested_at: number
  completed_at: number | null
  source_updated_at: number | null
  severity_counts: string
}

interface ContinuousRow {
  image_id: number
  account_id: string
  region: string
  name: string
  digest: Digest
}

/** So many are found by one statement, whose text is always the same. */
const FOUND_TOGETHER = 100

const COLUMNS = `image_id, scan_type, status, description, requested_at, completed_at, source_updated_at,
  severity_counts`
const FIND = `SELECT ${COLUMNS} FROM image_scans WHERE image_id = ? AND scan_type = ?`
const FIND_ALL = `SELECT ${COLUMNS} FROM image_scans
  WHERE image_id IN (${Array(FOUND_TOGETHER).fill('?').join(', ')}) AND scan_type = ?`
const FINDINGS = `SELECT finding FROM image_scan_findings WHERE image_id = ? AND scan_type = ? AND position >= ?
  ORDER BY position LIMIT ?`
const FORGET_FINDINGS = 'DELETE FROM image_scan_findings WHERE image_id = ? AND scan_type = ?'
const INSERT_FINDING =
  'INSERT INTO image_scan_findings (image_id, scan_type, position, finding) VALUES (?, ?, ?, ?)'
const LIST_CONTINUOUS = `SELECT s.image_id, r.account_id, r.region, r.name, i.digest FROM image_scans s
  JOIN images i ON i.id = s.image_id JOIN repositories r ON r.id = i.repository_id
  WHERE s.scan_type = 'ENHANCED' AND s.status NOT IN ('PENDING', 'COMPLETE', 'UNSUPPORTED_IMAGE')
    AND s.image_id > ? AND NOT (s.requested_at > ? AND s.requested_at <= ?)
    AND NOT (s.completed_at > ? AND s.completed_at <= ?)
  ORDER BY s.image_id LIMIT ?`
const PUT = `INSERT INTO image_scans (image_id, scan_type, status, description, requested_at, completed_at,
    source_updated_at, severity_counts) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (image_id, scan_type) DO UPDATE SET status = excluded.status, description = excluded.description,
    requested_at = excluded.requested_at, completed_at = excluded.completed_at,
    source_updated_at = excluded.source_updated_at, severity_counts = excluded.severity_counts`
const SET_REQUESTED_AT = 'UPDATE image_scans SET requested_at = ? WHERE image_id = ? AND scan_type = ?'

const ALL = { from: 0, limit: Number.MAX_SAFE_INTEGER }

const NEVER: Period = { after: 0, until: 0 }

export function imageScans(sql: Sql): ImageScanReads & ImageScanWrites {
  return {
    async find(imageId, scanType) {
      const row = await sql.get<Row>(FIND, imageId, scanType)
      return row && scanOf(row)
    },
    async findAll(imageIds, scanType) {
      const found = new Map<number, ImageScan>()
      for (let from = 0; from < imageIds.length; from += FOUND_TOGETHER) {
        // Nothing is equal to NULL.
        const asked = Array.from({ length: FOUND_TOGETHER }, (_, index) => imageIds[from + index] ?? null)
        for (const row of await sql.all<Row>(FIND_ALL, ...asked, scanType))
          found.set(row.image_id, scanOf(row))
      }
      return found
    },
    async findings(imageId, scanType, { from, limit } = ALL) {
      const rows = await sql.all<{ finding: string }>(FINDINGS, imageId, scanType, from, limit)
      return rows.map(({ finding }) => JSON.parse(finding) as object)
    },
    async listContinuous({ except = NEVER, after, limit }) {
      const period = [except.after, except.until]
      const rows = await sql.all<ContinuousRow>(LIST_CONTINUOUS, after, ...period, ...period, limit)
      return rows.map(continuousOf)
    },
    async put(scan, findings) {
      const { imageId, scanType, status, description, severityCounts } = scan
      await sql.run(
        PUT,
        imageId,
        scanType,
        status,
        description ?? null,
        scan.requestedAt,
        scan.completedAt ?? null,
        scan.sourceUpdatedAt ?? null,
        JSON.stringify(severityCounts),
      )
      if (!findings) return
      await sql.run(FORGET_FINDINGS, imageId, scanType)
      for (const [position, finding] of findings.entries())
        await sql.run(INSERT_FINDING, imageId, scanType, position, JSON.stringify(finding))
    },
    async setRequestedAt(imageId, scanType, requestedAt) {
      await sql.run(SET_REQUESTED_AT, requestedAt, imageId, scanType)
    },
  }
}

function scanOf(row: Row): ImageScan {
  return {
    imageId: row.image_id,
    scanType: row.scan_type,
    status: row.status,
    description: row.description ?? undefined,
    requestedAt: row.requested_at,
    completedAt: row.completed_at ?? undefined,
    sourceUpdatedAt: row.source_updated_at ?? undefined,
    severityCounts: JSON.parse(row.severity_counts) as ImageScan['severityCounts'],
  }
}

function continuousOf({ image_id, account_id, region, name, digest }: ContinuousRow): ContinuousScan {
  return { imageId: image_id, registry: { accountId: account_id, region }, repositoryName: name, digest }
}
