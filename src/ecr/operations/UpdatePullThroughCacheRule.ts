import { Refused } from '../../domain/errors.ts'
import { findRule, readSecret } from '../../domain/pull-through-rule.ts'
import { credentialFault, normalizePrefix } from '../../rules/pull-through.ts'
import type { PullThroughRule, Reads } from '../../store/database.ts'
import { operation } from '../operation.ts'
import { describeRule } from '../pull-through-rule.ts'

/**
 * Changes how a rule logs in at its upstream, the one thing that can be changed of it.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UpdatePullThroughCacheRule.html
 */
export const UpdatePullThroughCacheRule = operation(
  'UpdatePullThroughCacheRule',
  async (input, { domain, registry }) => {
    const { credentialArn, customRoleArn } = input
    const prefix = normalizePrefix(input.ecrRepositoryPrefix)
    if ((credentialArn ?? customRoleArn) === undefined)
      throw new Refused('InputInvalid', {
        reason: 'Please set either credential arn or role arn to update the credentials',
      })
    const change = async (tx: Reads): Promise<PullThroughRule> => {
      const rule = await findRule(tx, registry, prefix)
      const changed = {
        ...rule,
        credentialArn: credentialArn ?? rule.credentialArn,
        customRoleArn: customRoleArn ?? rule.customRoleArn,
        updatedAt: domain.clock.now(),
      }
      const fault = credentialFault(registry, changed)
      if (fault) throw new Refused('InputInvalid', { reason: fault })
      return changed
    }
    await domain.database.read(change)
    if (credentialArn !== undefined) await readSecret(domain, registry, credentialArn)

    const rule = await domain.database.write(async (tx) => {
      const changed = await change(tx)
      await tx.pullThroughRules.put(registry, changed)
      return changed
    })

    const {
      createdAt: _,
      upstreamRegistry: __,
      upstreamRegistryUrl: ___,
      ...described
    } = describeRule(registry, rule)
    return described
  },
)
