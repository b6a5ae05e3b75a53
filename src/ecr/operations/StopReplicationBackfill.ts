import { stopBackfill } from '../../domain/replication-backfill.ts'
import { operation } from '../operation.ts'
import { describeDestination } from '../replication.ts'

/**
 * Ends a replication backfill; what it copied stays where it is.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_StopReplicationBackfill.html
 */
export const StopReplicationBackfill = operation(
  'StopReplicationBackfill',
  async ({ replicationBackfillId }, { domain, registry }) => {
    const { id, destination, status, startedAt } = await domain.database.write((tx) =>
      stopBackfill(tx, domain, registry, replicationBackfillId),
    )

    return {
      registryId: registry.accountId,
      replicationBackfillId: id,
      destination: describeDestination(destination),
      status,
      startedAt: new Date(startedAt),
    }
  },
)
