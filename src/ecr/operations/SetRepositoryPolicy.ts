import { setRepositoryPolicy } from '../../domain/repository-policy.ts'
import { printPolicy } from '../../rules/policy/print.ts'
import { operation } from '../operation.ts'

/**
 * Puts a policy on a repository, in place of the one that it has. One that would keep the caller from setting
 * another needs `force`.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_SetRepositoryPolicy.html
 */
export const SetRepositoryPolicy = operation('SetRepositoryPolicy', async (input, context) => {
  const { domain, registry, caller } = context
  const { repositoryName, policyText, force = false } = input
  await setRepositoryPolicy(domain, { registry, repositoryName }, { caller, policyText, force })

  return { registryId: registry.accountId, repositoryName, policyText: printPolicy(policyText) }
})
