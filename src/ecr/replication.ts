import type {
  ReplicationConfiguration as ConfigurationShape,
  ReplicationBackfillProgress,
  ReplicationBackfillSummary,
  ReplicationDestination,
} from '../generated/ecr/types.ts'
import type { Registry } from '../rules/registry.ts'
import type { ReplicationConfiguration } from '../rules/replication.ts'
import type { Backfill, Reads } from '../store/database.ts'

/** What is replicated where, as the API shows it. */
export function describeReplication({ rules }: ReplicationConfiguration): ConfigurationShape {
  return {
    rules: rules.map(({ destinations, repositoryFilters, deleteReplication }) => ({
      destinations: [...destinations],
      repositoryFilters: repositoryFilters && [...repositoryFilters],
      deleteReplication,
    })),
  }
}

export function describeDestination({ accountId, region }: Registry): ReplicationDestination {
  return { region, registryId: accountId }
}

/** A backfill as ListReplicationBackfills shows it. */
export async function describeBackfill(tx: Reads, backfill: Backfill): Promise<ReplicationBackfillSummary> {
  const { id, destination, status, failureCode, startedAt, endedAt } = backfill
  return {
    replicationBackfillId: id,
    destination: describeDestination(destination),
    status,
    failureCode,
    progress: await progressOf(tx, backfill),
    startedAt: new Date(startedAt),
    endedAt: endedAt === undefined ? undefined : new Date(endedAt),
  }
}

async function progressOf(tx: Reads, backfill: Backfill): Promise<ReplicationBackfillProgress | undefined> {
  const { id, counts } = backfill
  if (!counts) return undefined
  return {
    totalReplicationCount: counts.total,
    completedReplicationCount: counts.completed,
    failedReplicationCount: counts.failed,
    failureCodes: counts.failed > 0 ? await tx.backfills.failureCodes(id) : [],
  }
}
