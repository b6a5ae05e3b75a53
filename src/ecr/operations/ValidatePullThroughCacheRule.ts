import { checkUpstream } from '../../domain/check-upstream.ts'
import { messageOf } from '../../domain/messages.ts'
import { findRule } from '../../domain/pull-through-rule.ts'
import { normalizePrefix } from '../../rules/pull-through.ts'
import { operation } from '../operation.ts'
import { describeRule } from '../pull-through-rule.ts'

/**
 * Logs in at the upstream of a rule, and tells whether that worked.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ValidatePullThroughCacheRule.html
 */
export const ValidatePullThroughCacheRule = operation(
  'ValidatePullThroughCacheRule',
  async (input, { domain, registry }) => {
    const prefix = normalizePrefix(input.ecrRepositoryPrefix)
    const rule = await domain.database.read((tx) => findRule(tx, registry, prefix))
    const refused = await checkUpstream(domain, registry, rule)

    const { createdAt, updatedAt, upstreamRegistry, ...described } = describeRule(registry, rule)
    return { ...described, isValid: refused === undefined, failure: refused && messageOf(refused) }
  },
)
