import type { Registry } from '../../src/rules/registry.ts'
import type { NewRepository } from '../../src/store/database.ts'

/** A repository with ECR's defaults, for tests that write into a store by themselves. */
export function bareRepository(registry: Registry, name: string): NewRepository {
  return {
    registry,
    name,
    createdAt: 1,
    imageTagMutability: 'MUTABLE',
    exclusionFilters: [],
    scanOnPush: false,
    encryption: { encryptionType: 'AES256' },
    resourceTags: [],
  }
}
