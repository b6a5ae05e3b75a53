import { replicationConfigurationOf } from '../../domain/replication.ts'
import { operation } from '../operation.ts'
import { describeReplication } from '../replication.ts'

/**
 * Describes the registry: what is replicated from it, which is nothing until PutReplicationConfiguration says so.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRegistry.html
 */
export const DescribeRegistry = operation('DescribeRegistry', async (_input, { domain, registry }) => {
  const configuration = await domain.database.read((tx) => replicationConfigurationOf(tx, registry))
  return { registryId: registry.accountId, replicationConfiguration: describeReplication(configuration) }
})
