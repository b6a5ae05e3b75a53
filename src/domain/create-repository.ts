import type { Repository, RepositorySettings } from '../store/database.ts'
import { type Domain, inRepository, type RepositoryReference } from './domain.ts'
import { Refused } from './errors.ts'

/** @throws Refused RepositoryExists, QuotaExceeded */
export async function createRepository(
  { database, clock, quotas }: Domain,
  reference: RepositoryReference,
  settings: RepositorySettings,
): Promise<Repository> {
  const { registry, repositoryName } = reference
  return database.write(async ({ repositories }) => {
    if (await repositories.find(registry, repositoryName))
      throw new Refused('RepositoryExists', inRepository(reference))
    const limit = quotas.repositoriesPerRegistry
    if ((await repositories.count(registry)) >= limit)
      throw new Refused('QuotaExceeded', { quota: 'repositories per registry', limit })

    return repositories.insert({ registry, name: repositoryName, createdAt: clock.now(), ...settings })
  })
}
