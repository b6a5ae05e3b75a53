import type { Digest } from '../rules/digest.ts'
import type {
  LifecyclePreview,
  LifecyclePreviewReads,
  LifecyclePreviewResult,
  LifecyclePreviewWrites,
} from './contract/lifecycle-previews.ts'
import type { Sql } from './sql.ts'

interface Row {
  policy: string
  status: LifecyclePreview['status']
  expiring_count: number
  transitioning_count: number
  completed_at: number | null
}

interface ResultRow {
  image_id: number
  digest: Digest
  tags: string
  pushed_at: number
  storage_class: LifecyclePreviewResult['storageClass']
  action: LifecyclePreviewResult['action']
  rule_priority: number
}

const FIND = 'SELECT * FROM lifecycle_previews WHERE repository_id = ?'
const LIST_RESULTS = `SELECT * FROM lifecycle_preview_results WHERE repository_id = ? AND image_id > ?
  AND is_tagged >= ? AND is_tagged <= ? ORDER BY image_id LIMIT ?`
const BEGIN = `INSERT INTO lifecycle_previews (repository_id, policy, status) VALUES (?, ?, 'IN_PROGRESS')`
const DELETE = 'DELETE FROM lifecycle_previews WHERE repository_id = ?'
const INSERT_RESULT = `INSERT INTO lifecycle_preview_results (repository_id, image_id, digest, tags, is_tagged,
  pushed_at, storage_class, action, rule_priority) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
const CLEAR_RESULTS = 'DELETE FROM lifecycle_preview_results WHERE repository_id = ?'
const COMPLETE = `UPDATE lifecycle_previews SET status = 'COMPLETE', expiring_count = ?, transitioning_count = ?,
  completed_at = ? WHERE repository_id = ?`
const EXPIRE_RESULTS = `DELETE FROM lifecycle_preview_results WHERE repository_id IN
  (SELECT repository_id FROM lifecycle_previews WHERE status = 'COMPLETE' AND completed_at < ?)`
const EXPIRE = `UPDATE lifecycle_previews SET status = 'EXPIRED' WHERE status = 'COMPLETE' AND completed_at < ?`

export function lifecyclePreviews(sql: Sql): LifecyclePreviewReads & LifecyclePreviewWrites {
  return {
    async find(repositoryId) {
      const row = await sql.get<Row>(FIND, repositoryId)
      return (
        row && {
          policyText: row.policy,
          status: row.status,
          expiringCount: row.expiring_count,
          transitioningCount: row.transitioning_count,
          completedAt: row.completed_at ?? undefined,
        }
      )
    },
    async listResults(repositoryId, { tagStatus }, { after, limit }) {
      const least = tagStatus === 'TAGGED' ? 1 : 0
      const most = tagStatus === 'UNTAGGED' ? 0 : 1
      return (await sql.all<ResultRow>(LIST_RESULTS, repositoryId, after, least, most, limit)).map(resultOf)
    },
    async begin(repositoryId, policyText) {
      await sql.run(DELETE, repositoryId)
      await sql.run(BEGIN, repositoryId, policyText)
    },
    async addResults(repositoryId, results) {
      for (const { imageId, digest, tags, pushedAt, storageClass, action, rulePriority } of results)
        await sql.run(
          INSERT_RESULT,
          repositoryId,
          imageId,
          digest,
          JSON.stringify(tags),
          tags.length > 0 ? 1 : 0,
          pushedAt,
          storageClass,
          action,
          rulePriority,
        )
    },
    async clearResults(repositoryId) {
      await sql.run(CLEAR_RESULTS, repositoryId)
    },
    async complete(repositoryId, { expiringCount, transitioningCount, completedAt }) {
      await sql.run(COMPLETE, expiringCount, transitioningCount, completedAt, repositoryId)
    },
    async expire(completedBefore) {
      await sql.run(EXPIRE_RESULTS, completedBefore)
      await sql.run(EXPIRE, completedBefore)
    },
  }
}

function resultOf(row: ResultRow): LifecyclePreviewResult {
  return {
    imageId: row.image_id,
    digest: row.digest,
    tags: JSON.parse(row.tags) as string[],
    pushedAt: row.pushed_at,
    storageClass: row.storage_class,
    action: row.action,
    rulePriority: row.rule_priority,
  }
}
