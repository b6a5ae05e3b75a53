import { repositoryPolicy } from '../../domain/repository-policy.ts'
import { printPolicy } from '../../rules/policy/print.ts'
import { operation } from '../operation.ts'

/**
 * Shows the policy of a repository, printed as ECR prints it.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetRepositoryPolicy.html
 */
export const GetRepositoryPolicy = operation('GetRepositoryPolicy', async (input, { domain, registry }) => {
  const reference = { registry, repositoryName: input.repositoryName }
  const { text } = await domain.database.read((tx) => repositoryPolicy(tx, reference))

  return {
    registryId: registry.accountId,
    repositoryName: input.repositoryName,
    policyText: printPolicy(text),
  }
})
