import { Refused } from '../../domain/errors.ts'
import { readSecret } from '../../domain/pull-through-rule.ts'
import { ROOT } from '../../rules/creation-template.ts'
import { normalizePrefix, sourceFault, upstreamAt } from '../../rules/pull-through.ts'
import { partitionOf } from '../../rules/registry.ts'
import { operation } from '../operation.ts'
import { describeRule } from '../pull-through-rule.ts'

/**
 * Has the repositories with a prefix filled from an upstream registry, by the pulls that find them empty.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreatePullThroughCacheRule.html
 */
export const CreatePullThroughCacheRule = operation(
  'CreatePullThroughCacheRule',
  async (input, { domain, registry }) => {
    // ECR user guide: not in the Regions of China and GovCloud; how ECR says so is a guess.
    if (partitionOf(registry.region) !== 'aws') throw new Refused('FeatureDisabled', {})
    const { upstreamRegistryUrl, credentialArn, customRoleArn } = input
    const fault = sourceFault(registry, input)
    if (fault) throw new Refused('UpstreamUnsupported', { reason: fault })
    const ecrRepositoryPrefix = normalizePrefix(input.ecrRepositoryPrefix)
    const upstreamRepositoryPrefix = normalizePrefix(input.upstreamRepositoryPrefix ?? ROOT)
    // The rule is of the API reference, its words are a guess.
    if (ecrRepositoryPrefix === ROOT && upstreamRepositoryPrefix !== ROOT)
      throw new Refused('ParameterInvalid', {
        member: 'upstreamRepositoryPrefix',
        constraint: 'Must be ROOT when ecrRepositoryPrefix is ROOT',
      })
    if (credentialArn !== undefined) await readSecret(domain, registry, credentialArn)

    const now = domain.clock.now()
    const rule = {
      ecrRepositoryPrefix,
      upstreamRegistryUrl,
      upstreamRegistry: input.upstreamRegistry ?? upstreamAt(upstreamRegistryUrl)?.name,
      upstreamRepositoryPrefix,
      credentialArn,
      customRoleArn,
      createdAt: now,
      updatedAt: now,
    }
    await domain.database.write(async (tx) => {
      const rules = await tx.pullThroughRules.all(registry)
      if (rules.some((other) => other.ecrRepositoryPrefix === ecrRepositoryPrefix))
        throw new Refused('PullThroughRuleExists', { registryId: registry.accountId, ecrRepositoryPrefix })
      const limit = domain.quotas.pullThroughCacheRules
      if (rules.length >= limit)
        throw new Refused('QuotaExceeded', { quota: 'pull through cache rules per registry', limit })
      await tx.pullThroughRules.put(registry, rule)
    })

    const { updatedAt: _, ...described } = describeRule(registry, rule)
    return described
  },
)
