import type { Registry } from '../../rules/registry.ts'
import type { ResourceTag } from './repositories.ts'

/** What decides who may do what in a registry. */
export interface StoredPolicies {
  /** The policy of the repository that is asked for, JSON. */
  readonly repository: string | undefined
  /** The registry policy, JSON. */
  readonly registry: string | undefined
  /** What PutAccountSetting chose, by name. */
  readonly accountSettings: Readonly<Record<string, string>>
  /** Tags of the repository, which conditions may ask for. */
  readonly resourceTags: readonly ResourceTag[]
}

export interface PolicyReads {
  /** Undefined when there is no policy at all, as it mostly is: every request asks. */
  find(registry: Registry, repositoryName?: string): Promise<StoredPolicies | undefined>
}
