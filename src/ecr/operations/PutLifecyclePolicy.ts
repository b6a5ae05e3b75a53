import { findRepository } from '../../domain/domain.ts'
import { checkLifecyclePolicy } from '../../domain/lifecycle-policy.ts'
import { minified } from '../../lifecycle/policy.ts'
import { operation } from '../operation.ts'

/**
 * Has a repository's images expire or go to the archive by rules, in place of earlier rules.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutLifecyclePolicy.html
 */
export const PutLifecyclePolicy = operation(
  'PutLifecyclePolicy',
  async ({ repositoryName, lifecyclePolicyText }, { domain, registry }) => {
    await domain.database.write(async (tx) => {
      const repository = await findRepository(tx, { registry, repositoryName })
      checkLifecyclePolicy(lifecyclePolicyText)

      await tx.repositories.setLifecyclePolicy(repository.id, lifecyclePolicyText)
    })

    return {
      registryId: registry.accountId,
      repositoryName,
      lifecyclePolicyText: minified(lifecyclePolicyText),
    }
  },
)
