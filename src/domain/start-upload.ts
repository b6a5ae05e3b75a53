import type { DigestAlgorithm } from '../rules/digest.ts'
import { repositoryToPush } from './create-on-push.ts'
import type { Caller, Domain, RepositoryReference } from './domain.ts'

/**
 * Opens an upload of a blob and answers with its id.
 *
 * @param digestAlgorithm of the digest that the blob will have; where another is asked for in the end, its bytes
 *   are read again
 * @param pusher for whom the repository is made when it is missing and a creation template says so; none: for nobody
 * @throws Refused RepositoryUnknown
 */
export async function startUpload(
  domain: Domain,
  reference: RepositoryReference,
  pusher?: Caller,
  digestAlgorithm: DigestAlgorithm = 'sha256',
): Promise<string> {
  const { database, clock, newId } = domain
  const id = newId()
  // After a loss of power there are no bytes of it either: the client begins again.
  const how = { isSynced: false }
  await database.write(async (tx) => {
    const repository = await repositoryToPush(tx, domain, reference, pusher)
    await tx.uploads.insert({ id, repositoryId: repository.id, startedAt: clock.now(), digestAlgorithm })
  }, how)
  return id
}
