import type { ReplicationBackfillSummary } from '../../generated/ecr/types.ts'
import { operation } from '../operation.ts'
import { describeBackfill } from '../replication.ts'

/**
 * Lists replication backfills, newest first (guess), those that ended for 90 days.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListReplicationBackfills.html
 */
export const ListReplicationBackfills = operation(
  'ListReplicationBackfills',
  async (_input, { domain, registry, page }) => {
    const { limit, position = Number.MAX_SAFE_INTEGER, nextToken } = page<number>()
    return domain.database.read(async (tx) => {
      const listed = await tx.backfills.list(registry, { before: position, limit: limit + 1 })
      const shown = listed.slice(0, limit)
      const backfills: ReplicationBackfillSummary[] = []
      for (const backfill of shown) backfills.push(await describeBackfill(tx, backfill))
      return {
        registryId: registry.accountId,
        backfills,
        nextToken: nextToken(listed.length > limit ? shown.at(-1)?.sequence : undefined),
      }
    })
  },
)
