import type { Registry } from '../../rules/registry.ts'
import type { ExclusionFilter, TagMutability } from '../../rules/tag-mutability.ts'
import type { NameList } from './name-list.ts'

export interface ResourceTag {
  readonly key: string
  readonly value: string
}

export interface Encryption {
  readonly encryptionType: 'AES256' | 'KMS' | 'KMS_DSSE'
  /** The full ARN of the key; only with KMS. */
  readonly kmsKey?: string | undefined
}

/** What a caller chooses of a repository. */
export interface RepositorySettings {
  readonly imageTagMutability: TagMutability
  readonly exclusionFilters: readonly ExclusionFilter[]
  readonly scanOnPush: boolean
  readonly encryption: Encryption
  /** At most 50, each key once, in the order of their keys. */
  readonly resourceTags: readonly ResourceTag[]
}

export interface Repository extends RepositorySettings {
  readonly id: number
  readonly registry: Registry
  readonly name: string
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** The repository policy, JSON as it was sent. */
  readonly policyText: string | undefined
  /** The lifecycle policy, JSON as it was sent. */
  readonly lifecyclePolicyText: string | undefined
  /** When the lifecycle policy was last evaluated, in epoch milliseconds. */
  readonly lifecycleEvaluatedAt: number | undefined
}

/** What a repository is when it is made. */
export type NewRepository = RepositorySettings & Pick<Repository, 'registry' | 'name' | 'createdAt'>

export interface RepositoryReads {
  find(registry: Registry, name: string): Promise<Repository | undefined>
  exists(id: number): Promise<boolean>
  /** Images of every status. */
  imageCount(id: number): Promise<number>
  /** In the order of names, those after `after`. */
  list(registry: Registry, page: { after: string; limit: number }): Promise<Repository[]>
  /** Names alone, in their order, those after `after`. */
  listNames(registry: Registry, page: { after: string; limit: number }): Promise<NameList>
  /** Whether a registry has so many repositories, or more. */
  hasAtLeast(registry: Registry, count: number): Promise<boolean>
  /** Repositories over all registries. */
  countAll(): Promise<number>
  /** Over all registries, in the order of their making, those after the repository `after`. */
  listWithLifecyclePolicy(page: { after: number; limit: number }): Promise<Repository[]>
}

export interface RepositoryWrites {
  insert(repository: NewRepository): Promise<Repository>
  update(id: number, settings: Partial<RepositorySettings>): Promise<void>
  setPolicy(id: number, text: string | undefined): Promise<void>
  /** A policy that is new was never evaluated. */
  setLifecyclePolicy(id: number, text: string | undefined): Promise<void>
  /** @param at epoch milliseconds */
  setLifecycleEvaluated(id: number, at: number): Promise<void>
  /** Removes the repository with its images, layers and uploads. */
  delete(id: number): Promise<void>
}
