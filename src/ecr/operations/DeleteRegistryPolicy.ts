import { deleteRegistryPolicy } from '../../domain/registry-policy.ts'
import { printPolicy } from '../../rules/policy/print.ts'
import { operation } from '../operation.ts'

/**
 * Takes the policy from the registry and answers with it.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRegistryPolicy.html
 */
export const DeleteRegistryPolicy = operation(
  'DeleteRegistryPolicy',
  async (_input, { domain, registry }) => {
    const removed = await domain.database.write((tx) => deleteRegistryPolicy(tx, registry))

    return { registryId: registry.accountId, policyText: printPolicy(removed) }
  },
)
