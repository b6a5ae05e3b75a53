import type { PolicyReads } from './contract/policies.ts'
import type { RegistrySettingReads } from './contract/registry-settings.ts'
import type { RepositoryReads } from './contract/repositories.ts'

export function policies(repositories: RepositoryReads, settings: RegistrySettingReads): PolicyReads {
  return {
    async find(registry, repositoryName) {
      const repository =
        repositoryName === undefined ? undefined : await repositories.find(registry, repositoryName)
      const ofRegistry = await settings.get(registry, 'registryPolicy')
      if (repository?.policyText === undefined && ofRegistry === undefined) return undefined
      return {
        repository: repository?.policyText,
        registry: ofRegistry as string | undefined,
        accountSettings: ((await settings.get(registry, 'accountSettings')) ?? {}) as Record<string, string>,
        resourceTags: repository?.resourceTags ?? [],
      }
    },
  }
}
