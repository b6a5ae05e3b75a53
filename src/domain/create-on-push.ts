import type { Repository, Writes } from '../store/database.ts'
import { authorizeAllWithin } from './authorize.ts'
import { createRepositoryFor } from './create-repository.ts'
import { type Caller, type Domain, findRepository, type RepositoryReference } from './domain.ts'

/**
 * The repository that somebody pushes to. One that is missing is made where a creation template says so, by the
 * pusher's permissions (ECR user guide, "Create on push").
 *
 * @throws Refused RepositoryUnknown, AccessDenied, QuotaExceeded, KmsRefused
 */
export async function repositoryToPush(
  tx: Writes,
  domain: Domain,
  reference: RepositoryReference,
  pusher: Caller | undefined,
): Promise<Repository> {
  const { registry, repositoryName } = reference
  const found = pusher && (await tx.repositories.find(registry, repositoryName))
  if (found) return found
  const made = pusher && (await createRepositoryFor(tx, domain, reference, 'CREATE_ON_PUSH'))
  if (!made) return findRepository(tx, reference)

  const actions = ['ecr:CreateRepository', ...(made.resourceTags.length > 0 ? ['ecr:TagResource'] : [])]
  const facts = { requestTags: made.resourceTags }
  await authorizeAllWithin(tx, { caller: pusher, ...reference, facts, now: domain.clock.now() }, actions)
  return made
}
