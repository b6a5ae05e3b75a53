import { operation } from '../operation.ts'

/**
 * Describes the registry. Nothing is replicated from it, which ECR shows as no rules.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRegistry.html
 */
export const DescribeRegistry = operation('DescribeRegistry', async (_input, { registry }) => ({
  registryId: registry.accountId,
  replicationConfiguration: { rules: [] },
}))
