import type { RuleNames, RuleSource } from '../../rules/pull-through.ts'
import type { Registry } from '../../rules/registry.ts'

/** From which registry a part of the repositories is filled. */
export interface PullThroughRule extends RuleNames, RuleSource {
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** Epoch milliseconds. */
  readonly updatedAt: number
}

export interface PullThroughRuleReads {
  find(registry: Registry, prefix: string): Promise<PullThroughRule | undefined>
  /** In the order of prefixes, those after `after`. */
  list(registry: Registry, page: { after: string; limit: number }): Promise<PullThroughRule[]>
  /** The rules of a registry: its quota keeps them few. */
  all(registry: Registry): Promise<readonly PullThroughRule[]>
}

export interface PullThroughRuleWrites {
  /** Stores a rule in place of the one with the same prefix, whose `createdAt` stays. */
  put(registry: Registry, rule: PullThroughRule): Promise<void>
  delete(registry: Registry, prefix: string): Promise<void>
}

/** References are tags, and `referrers/<digest>` for what refers to a digest. */
export interface UpstreamCheckReads {
  /** When the upstream was last asked, in epoch milliseconds; undefined for what never came from one. */
  checkedAt(repositoryId: number, reference: string): Promise<number | undefined>
}

export interface UpstreamCheckWrites {
  /** @param at epoch milliseconds */
  note(repositoryId: number, reference: string, at: number): Promise<void>
}
