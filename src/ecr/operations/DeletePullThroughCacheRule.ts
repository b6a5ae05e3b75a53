import { findRule } from '../../domain/pull-through-rule.ts'
import { normalizePrefix } from '../../rules/pull-through.ts'
import { operation } from '../operation.ts'
import { describeRule } from '../pull-through-rule.ts'

/**
 * Ends the filling of repositories from an upstream; what it has brought stays.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeletePullThroughCacheRule.html
 */
export const DeletePullThroughCacheRule = operation(
  'DeletePullThroughCacheRule',
  async (input, { domain, registry }) => {
    const rule = await domain.database.write(async (tx) => {
      const found = await findRule(tx, registry, normalizePrefix(input.ecrRepositoryPrefix))
      await tx.pullThroughRules.delete(registry, found.ecrRepositoryPrefix)
      return found
    })

    const { updatedAt: _, upstreamRegistry: __, ...described } = describeRule(registry, rule)
    return described
  },
)
