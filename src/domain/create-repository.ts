import { type CreationScenario, prefixesOf } from '../rules/creation-template.ts'
import type { CreationTemplate, Reads, Repository, RepositorySettings, Writes } from '../store/database.ts'
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
  if (await tx.repositories.hasAtLeast(registry, limit))
    throw new Refused('QuotaExceeded', { quota: 'repositories per registry', limit })

  return tx.repositories.insert({ registry, name: repositoryName, createdAt: clock.now(), ...settings })
}

/**
 * By which a repository is made that nobody asked for by name, if by any: of the templates for the scenario the one
 * with the longest prefix. That a longer prefix for other scenarios does not stand in its way is a guess.
 */
export async function templateFor(
  tx: Reads,
  { registry, repositoryName }: RepositoryReference,
  scenario: CreationScenario,
): Promise<CreationTemplate | undefined> {
  for (const prefix of prefixesOf(repositoryName)) {
    const template = await tx.creationTemplates.find(registry, prefix)
    if (template?.appliedFor.includes(scenario)) return template
  }
  return undefined
}

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
  const { registry } = reference
  const template = await templateFor(tx, reference, scenario)
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
