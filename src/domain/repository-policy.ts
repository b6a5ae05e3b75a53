import { decide } from '../rules/policy/decide.ts'
import type { Reads, Repository } from '../store/database.ts'
import { type Access, policiesFor, questionOf } from './authorize.ts'
import { type Domain, findRepository, inRepository, type RepositoryReference } from './domain.ts'
import { Refused } from './errors.ts'
import { checkPolicy } from './policies.ts'

/** @throws Refused RepositoryUnknown, RepositoryPolicyUnknown */
export async function repositoryPolicy(
  tx: Reads,
  reference: RepositoryReference,
): Promise<{ repository: Repository; text: string }> {
  const repository = await findRepository(tx, reference)
  const text = repository.policyText
  if (text === undefined) throw new Refused('RepositoryPolicyUnknown', inRepository(reference))
  return { repository, text }
}

/**
 * Puts a policy on a repository.
 *
 * @throws Refused RepositoryUnknown; ParameterInvalid for what is no policy, and, without `force`, for one that
 *   would keep the caller from setting another
 */
export async function setRepositoryPolicy(
  domain: Domain,
  reference: RepositoryReference,
  { policyText, force, ...access }: Pick<Access, 'caller'> & { policyText: string; force: boolean },
): Promise<void> {
  await domain.database.write(async (tx) => {
    const repository = await findRepository(tx, reference)
    checkPolicy('repository', policyText)
    const again = { ...access, ...reference, action: 'ecr:SetRepositoryPolicy', now: domain.clock.now() }
    if (!force && !(await isAllowedUnder(tx, again, policyText))) throw lockOut()

    await tx.repositories.setPolicy(repository.id, policyText)
  })
}

/** Whether policies would let somebody in if the repository had another one; that a root may repair is no matter. */
async function isAllowedUnder(
  tx: Reads,
  access: Access & RepositoryReference,
  repository: string,
): Promise<boolean> {
  const { registry, repositoryName, action } = access
  const { resourceTags } = await findRepository(tx, access)
  const others = await tx.policies.find(registry, repositoryName)
  const stored = { registry: undefined, accountSettings: {}, resourceTags, ...others, repository }
  return decide(policiesFor(action, stored), questionOf(access, stored), registry.accountId).isAllowed
}

/** Code and text: a guess, in the words of KMS, which has the same rule. */
function lockOut(): Refused {
  const constraint =
    'The new repository policy will not allow you to update the repository policy in the future.'
  return new Refused('ParameterInvalid', { member: 'PolicyText', constraint })
}
