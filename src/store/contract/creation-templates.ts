import type { CreationScenario } from '../../rules/creation-template.ts'
import type { Registry } from '../../rules/registry.ts'
import type { ExclusionFilter, TagMutability } from '../../rules/tag-mutability.ts'
import type { Encryption, ResourceTag } from './repositories.ts'

/** By what a repository is made that nobody asked for by name. */
export interface CreationTemplate {
  /** Without a trailing slash, or `ROOT`. */
  readonly prefix: string
  readonly description?: string | undefined
  readonly appliedFor: readonly CreationScenario[]
  /** As the caller gave it. */
  readonly encryption?: Encryption | undefined
  readonly resourceTags?: readonly ResourceTag[] | undefined
  readonly imageTagMutability?: TagMutability | undefined
  readonly exclusionFilters?: readonly ExclusionFilter[] | undefined
  /** JSON, as it was sent. */
  readonly repositoryPolicy?: string | undefined
  /** JSON, as it was sent. */
  readonly lifecyclePolicy?: string | undefined
  readonly customRoleArn?: string | undefined
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** Epoch milliseconds. */
  readonly updatedAt: number
}

export interface CreationTemplateReads {
  find(registry: Registry, prefix: string): Promise<CreationTemplate | undefined>
  /** In the order of prefixes, those after `after`. */
  list(registry: Registry, page: { after: string; limit: number }): Promise<CreationTemplate[]>
}

export interface CreationTemplateWrites {
  /** Stores a template in place of the one with the same prefix, whose `createdAt` stays. */
  put(registry: Registry, template: CreationTemplate): Promise<void>
  delete(registry: Registry, prefix: string): Promise<void>
}
