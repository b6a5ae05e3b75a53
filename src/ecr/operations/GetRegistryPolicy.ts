import { registryPolicy } from '../../domain/registry-policy.ts'
import { printPolicy } from '../../rules/policy/print.ts'
import { operation } from '../operation.ts'

/**
 * Shows the policy of the registry, printed as ECR prints it.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetRegistryPolicy.html
 */
export const GetRegistryPolicy = operation('GetRegistryPolicy', async (_input, { domain, registry }) => {
  const text = await domain.database.read((tx) => registryPolicy(tx, registry))

  return { registryId: registry.accountId, policyText: printPolicy(text) }
})
