import type { PullThroughRule } from '../store/database.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { RepositoryReference } from './domain.ts'

/** From where the images of a repository come. */
export interface ImageSource {
  readonly repository: RepositoryReference
  readonly rule: PullThroughRule
  readonly upstream: Upstream
  /** What the repository is called there. */
  readonly upstreamName: string
}
