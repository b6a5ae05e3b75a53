import type { PullThroughCacheRule } from '../generated/ecr/types.ts'
import type { Registry } from '../rules/registry.ts'
import type { PullThroughRule } from '../store/database.ts'

/** A pull through cache rule as the API shows it. */
export function describeRule(
  registry: Registry,
  rule: PullThroughRule,
): Omit<PullThroughCacheRule, 'createdAt' | 'updatedAt'> & { createdAt: Date; updatedAt: Date } {
  const { createdAt, updatedAt, ...others } = rule
  return {
    ...others,
    registryId: registry.accountId,
    createdAt: new Date(createdAt),
    updatedAt: new Date(updatedAt),
  }
}
