import { startBackfill } from '../../domain/replication-backfill.ts'
import { operation } from '../operation.ts'

/**
 * Begins to replicate what was in the registry before its replication was configured.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_StartReplicationBackfill.html
 */
export const StartReplicationBackfill = operation(
  'StartReplicationBackfill',
  async ({ destination }, { domain, registry }) => {
    const to = { accountId: destination.registryId, region: destination.region }
    const { id, status, startedAt } = await domain.database.write((tx) =>
      startBackfill(tx, domain, registry, to),
    )

    return {
      registryId: registry.accountId,
      replicationBackfillId: id,
      destination,
      status,
      startedAt: new Date(startedAt),
    }
  },
)
