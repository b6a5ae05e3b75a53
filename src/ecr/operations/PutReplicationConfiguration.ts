import { Refused } from '../../domain/errors.ts'
import { putReplicationConfiguration } from '../../domain/replication.ts'
import { configurationFault } from '../../rules/replication.ts'
import { operation } from '../operation.ts'

/**
 * Chooses what is replicated where, in place of what was chosen before. It holds for what is pushed, restored or
 * deleted from now on; StartReplicationBackfill copies what was there before.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutReplicationConfiguration.html
 */
export const PutReplicationConfiguration = operation(
  'PutReplicationConfiguration',
  async ({ replicationConfiguration }, { domain, registry }) => {
    const fault = configurationFault(registry, replicationConfiguration)
    if (fault) throw new Refused('ParameterInvalid', fault)

    await domain.database.write((tx) => putReplicationConfiguration(tx, registry, replicationConfiguration))

    return { replicationConfiguration }
  },
)
