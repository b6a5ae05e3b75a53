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
  const { database, clock, begunUploads } = domain
  const { registry, repositoryName } = reference
  const repository = await database.read((tx) => tx.repositories.find(registry, repositoryName))
  if (!repository || begunUploads.isFull()) return startAsRow(domain, reference, pusher, digestAlgorithm)
  return begunUploads.begin({ repositoryId: repository.id, startedAt: clock.now(), digestAlgorithm }).id
}

/**
 * The same, of an upload that the database has from its beginning: a full disk refuses it at once.
 *
 * @throws as `startUpload`
 */
export async function startAsRow(
  domain: Domain,
  reference: RepositoryReference,
  pusher?: Caller,
  digestAlgorithm: DigestAlgorithm = 'sha256',
): Promise<string> {
  const { database, clock, begunUploads } = domain
  return database.write(
    async (tx) => {
      const { id: repositoryId } = await repositoryToPush(tx, domain, reference, pusher)
      const upload = begunUploads.make({ repositoryId, startedAt: clock.now(), digestAlgorithm })
      await tx.uploads.save(upload)
      return upload.id
      // After a loss of power there are no bytes of it either: the client begins again.
    },
    { isSynced: false },
  )
}
