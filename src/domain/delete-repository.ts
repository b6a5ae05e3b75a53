import type { Repository } from '../store/database.ts'
import { type Domain, findRepository, inRepository, type RepositoryReference } from './domain.ts'
import { Refused } from './errors.ts'

/**
 * Removes a repository; with `force` also one that has images. Bytes that nobody owns any more are left to
 * the sweep, so that a pull under way ends well.
 *
 * @throws Refused RepositoryUnknown, RepositoryNotEmpty
 */
export async function deleteRepository(
  { database, blobs }: Domain,
  reference: RepositoryReference,
  { force }: { force: boolean },
): Promise<Repository> {
  const { repository, uploadIds } = await database.write(async (tx) => {
    const repository = await findRepository(tx, reference)
    if (repository.imageCount > 0 && !force) throw new Refused('RepositoryNotEmpty', inRepository(reference))

    const uploadIds = await tx.uploads.ofRepository(repository.id)
    await tx.repositories.delete(repository.id)
    return { repository, uploadIds }
  })
  for (const id of uploadIds) await blobs.discard(id)
  return repository
}
