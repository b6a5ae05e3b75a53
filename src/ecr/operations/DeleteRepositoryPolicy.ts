import { repositoryPolicy } from '../../domain/repository-policy.ts'
import { printPolicy } from '../../rules/policy/print.ts'
import { operation } from '../operation.ts'

/**
 * Takes the policy from a repository and answers with it.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRepositoryPolicy.html
 */
export const DeleteRepositoryPolicy = operation(
  'DeleteRepositoryPolicy',
  async (input, { domain, registry }) => {
    const reference = { registry, repositoryName: input.repositoryName }
    const removed = await domain.database.write(async (tx) => {
      const { repository, text } = await repositoryPolicy(tx, reference)
      await tx.repositories.setPolicy(repository.id, undefined)
      return text
    })

    return {
      registryId: registry.accountId,
      repositoryName: input.repositoryName,
      policyText: printPolicy(removed),
    }
  },
)
