import { findBackfill } from '../../domain/replication-backfill.ts'
import type { ReplicationBackfillResult, ReplicationBackfillResultStatus } from '../../generated/ecr/types.ts'
import type { BackfillItem } from '../../store/database.ts'
import { operation } from '../operation.ts'
import { describeBackfill } from '../replication.ts'

/**
 * Tells how far a replication backfill has come, and once it has ended what became of each image and tag.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeReplicationBackfillResults.html
 */
export const DescribeReplicationBackfillResults = operation(
  'DescribeReplicationBackfillResults',
  async ({ replicationBackfillId, resultStatusFilter }, { domain, registry, page }) => {
    const { limit, position = 0, nextToken } = page<number>()
    return domain.database.read(async (tx) => {
      const backfill = await findBackfill(tx, registry, replicationBackfillId)
      const described = {
        registryId: registry.accountId,
        ...(await describeBackfill(tx, backfill)),
      }
      if (backfill.endedAt === undefined) return described

      const range = { after: position, limit: limit + 1 }
      const listed = await tx.backfills.items(backfill.id, resultStatusFilter, range)
      const shown = listed.slice(0, limit)
      return {
        ...described,
        results: shown.map(describeResult),
        nextToken: nextToken(listed.length > limit ? shown.at(-1)?.sequence : undefined),
      }
    })
  },
)

function describeResult(item: BackfillItem): ReplicationBackfillResult {
  const { repositoryName, digest, tag, status, failureCode, subImageFailureCodes } = item
  return {
    repositoryName,
    imageId: { imageDigest: digest, imageTag: tag },
    status: status as ReplicationBackfillResultStatus,
    failureCode,
    subImageFailureCodes: subImageFailureCodes && [...subImageFailureCodes],
  }
}
