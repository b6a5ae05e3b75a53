import { type CreationScenario, chooseTemplate } from '../rules/creation-template.ts'
import type { Repository, RepositorySettings, Writes } from '../store/database.ts'
import { type Domain, inRepository, type RepositoryReference } from './domain.ts'
import { encryptionFor } from './encryption.ts'
import { Refused } from './errors.ts'

/** @throws Refused RepositoryExists, QuotaExceeded */
export async function createRepository(
  tx: Writes,
  { clock, quotas }: Domain,
  reference: RepositoryReference,
  settings: RepositorySettings,
): Promise<Repository> {
  const { registry, repositoryName } = reference
  if (await tx.repositories.find(registry, repositoryName))
    throw new Refused('RepositoryExists', inRepository(reference))
  const limit = quotas.repositoriesPerRegistry
  if ((await tx.repositories.count(registry)) >= limit)
    throw new Refused('QuotaExceeded', { quota: 'repositories per registry', limit })

  return tx.repositories.insert({ registry, name: repositoryName, createdAt: clock.now(), ...settings })
}

/** More templates than this are not expected of one registry; prefixes are at most 256 characters. */
const MOST_TEMPLATES = 10_000

/**
 * Makes a repository that nobody asked for by name, as its creation template says, or with ECR's defaults. A push
 * makes one only where a template says so: without one the answer is undefined (ECR user guide, "Create on push").
 *
 * @throws Refused RepositoryExists, QuotaExceeded, KmsRefused
 */
export async function createRepositoryFor(
  tx: Writes,
  domain: Domain,
  reference: RepositoryReference,
  scenario: CreationScenario,
): Promise<Repository | undefined> {
  const { registry, repositoryName } = reference
  const templates = await tx.creationTemplates.list(registry, { after: '', limit: MOST_TEMPLATES })
  const template = chooseTemplate(templates, repositoryName, scenario)
  if (!template && scenario === 'CREATE_ON_PUSH') return undefined

  const repository = await createRepository(tx, domain, reference, {
    imageTagMutability: template?.imageTagMutability ?? 'MUTABLE',
    exclusionFilters: template?.exclusionFilters ?? [],
    scanOnPush: false,
    encryption: encryptionFor(registry, template?.encryption),
    resourceTags: template?.resourceTags ?? [],
  })
  if (template?.repositoryPolicy) await tx.repositories.setPolicy(repository.id, template.repositoryPolicy)
  if (template?.lifecyclePolicy)
    await tx.repositories.setLifecyclePolicy(repository.id, template.lifecyclePolicy)
  return repository
}
