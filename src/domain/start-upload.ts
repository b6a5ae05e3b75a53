import { type Domain, findRepository, type RepositoryReference } from './domain.ts'

/**
 * Opens an upload of a blob and answers with its id.
 *
 * @throws Refused RepositoryUnknown
 */
export async function startUpload(
  { database, clock, newId }: Domain,
  reference: RepositoryReference,
): Promise<string> {
  const id = newId()
  await database.write(async (tx) => {
    const repository = await findRepository(tx, reference)
    await tx.uploads.insert({ id, repositoryId: repository.id, startedAt: clock.now() })
  })
  return id
}
