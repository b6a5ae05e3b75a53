import { putRegistryPolicy } from '../../domain/registry-policy.ts'
import { printPolicy } from '../../rules/policy/print.ts'
import { operation } from '../operation.ts'

/**
 * Sets the policy of the registry, in place of the one that it has.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutRegistryPolicy.html
 */
export const PutRegistryPolicy = operation(
  'PutRegistryPolicy',
  async ({ policyText }, { domain, registry }) => {
    await domain.database.write((tx) => putRegistryPolicy(tx, registry, policyText))

    return { registryId: registry.accountId, policyText: printPolicy(policyText) }
  },
)
