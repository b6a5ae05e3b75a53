import { findRule } from '../../domain/pull-through-rule.ts'
import { normalizePrefix } from '../../rules/pull-through.ts'
import { operation } from '../operation.ts'
import { refusePaging } from '../paging.ts'
import { describeRule } from '../pull-through-rule.ts'

/**
 * Lists pull through cache rules in the order of their prefixes, or describes those that are named; one that is
 * missing fails the whole call.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribePullThroughCacheRules.html
 */
export const DescribePullThroughCacheRules = operation(
  'DescribePullThroughCacheRules',
  async (input, { domain, registry, page }) => {
    if (input.ecrRepositoryPrefixes) {
      refusePaging(input, 'ecrRepositoryPrefixes')
      const prefixes = [...new Set(input.ecrRepositoryPrefixes.map(normalizePrefix))]
      const found = await domain.database.read(async (tx) => {
        const rules = []
        for (const prefix of prefixes) rules.push(await findRule(tx, registry, prefix))
        return rules
      })
      return { pullThroughCacheRules: found.map((rule) => describeRule(registry, rule)) }
    }

    const { limit, position, nextToken } = page<string>()
    const listed = await domain.database.read((tx) =>
      tx.pullThroughRules.list(registry, { after: position ?? '', limit: limit + 1 }),
    )
    const rules = listed.slice(0, limit)
    return {
      pullThroughCacheRules: rules.map((rule) => describeRule(registry, rule)),
      nextToken: nextToken(listed.length > limit ? rules.at(-1)?.ecrRepositoryPrefix : undefined),
    }
  },
)
