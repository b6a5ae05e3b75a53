import { findRepository } from '../../domain/domain.ts'
import { describeLifecyclePolicy } from '../lifecycle-policy.ts'
import { operation } from '../operation.ts'

/**
 * Forgets a repository's lifecycle policy and answers with the policy it held.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteLifecyclePolicy.html
 */
export const DeleteLifecyclePolicy = operation(
  'DeleteLifecyclePolicy',
  ({ repositoryName }, { domain, registry }) =>
    domain.database.write(async (tx) => {
      const repository = await findRepository(tx, { registry, repositoryName })
      const policy = describeLifecyclePolicy(repository)

      await tx.repositories.setLifecyclePolicy(repository.id, undefined)
      return policy
    }),
)
