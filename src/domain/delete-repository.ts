import type { Repository } from '../store/database.ts'
import { forgetUploads } from './change-upload.ts'
import { type Domain, findRepository, inRepository, type RepositoryReference } from './domain.ts'
import { Refused } from './errors.ts'

/**
 * Removes a repository; with `force` also one that has images. Bytes that nobody owns any more are left to
 * the sweep, so that a pull under way ends well.
 *
 * @throws Refused RepositoryUnknown, RepositoryNotEmpty
 */
export async function deleteRepository(
  domain: Domain,
  reference: RepositoryReference,
  { force }: { force: boolean },
): Promise<Repository> {
  const { database, begunUploads } = domain
  const { repository, uploadIds } = await database.write(async (tx) => {
    const repository = await findRepository(tx, reference)
    if (!force && (await tx.repositories.imageCount(repository.id)) > 0)
      throw new Refused('RepositoryNotEmpty', inRepository(reference))

    const rows = await tx.uploads.ofRepository(repository.id)
    const begun = begunUploads.all().filter(({ repositoryId }) => repositoryId === repository.id)
    const uploadIds = [...rows, ...begun.map(({ id }) => id)]
    await tx.repositories.delete(repository.id)
    return { repository, uploadIds }
  })
  await forgetUploads(domain, uploadIds)
  return repository
}
