import { findRepository } from '../../domain/domain.ts'
import { describeLifecyclePolicy } from '../lifecycle-policy.ts'
import { operation } from '../operation.ts'

/**
 * Tells the lifecycle policy of a repository, and when it was last evaluated.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetLifecyclePolicy.html
 */
export const GetLifecyclePolicy = operation(
  'GetLifecyclePolicy',
  async ({ repositoryName }, { domain, registry }) => {
    const repository = await domain.database.read((tx) => findRepository(tx, { registry, repositoryName }))
    return describeLifecyclePolicy(repository)
  },
)
