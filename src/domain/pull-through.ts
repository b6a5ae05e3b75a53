import { isCheckDue, upstreamNameOf } from '../rules/pull-through.ts'
import type { PullThroughRule, Reads, Repository } from '../store/database.ts'
import { isAllowed } from './authorize.ts'
import { templateFor } from './create-repository.ts'
import type { Caller, Domain, RepositoryReference } from './domain.ts'
import { Refused } from './errors.ts'
import type { ImageSource } from './image-source.ts'
import type { BlobImport, ImageImport } from './imports.ts'
import { messageOf } from './messages.ts'
import { openUpstream, ruleFor } from './pull-through-rule.ts'
import { upstreamRefusal } from './upstream-refusal.ts'

/*
 * What a pull of something that is not here does where a rule says from which registry it comes (ECR user guide,
 * "Sync an upstream registry"). Without a rule, and without the permission to fetch, it does nothing: then what
 * is not here is not there.
 */

/** Who pulls, and from where. */
export interface Pull {
  readonly caller: Caller
  readonly repository: RepositoryReference
}

/** What there is to ask the upstream. */
export interface Plan {
  readonly rule: PullThroughRule
  /** Whether something older is here, to make do with when it can't be had anew. */
  readonly isCached: boolean
}

/** The rule by which a repository is filled, where the caller may have it filled. */
export async function ruleToPullBy(
  tx: Reads,
  domain: Domain,
  pull: Pull,
  repository: Repository | undefined,
): Promise<PullThroughRule | undefined> {
  const { registry, repositoryName } = pull.repository
  const rule = await ruleFor(tx, registry, repositoryName)
  return rule && (await mayImport(tx, domain, pull, repository)) ? rule : undefined
}

/** IAM reference: a pull that fetches is these actions too, the last two when it makes the repository. */
async function mayImport(
  tx: Reads,
  { clock }: Domain,
  { caller, repository: reference }: Pull,
  repository: Repository | undefined,
): Promise<boolean> {
  const template = repository ? undefined : await templateFor(tx, reference, 'PULL_THROUGH_CACHE')
  const requestTags = template?.resourceTags ?? []
  const actions = [
    'ecr:BatchImportUpstreamImage',
    ...(repository ? [] : ['ecr:CreateRepository']),
    ...(requestTags.length > 0 ? ['ecr:TagResource'] : []),
  ]
  const now = clock.now()
  for (const action of actions)
    if (!(await isAllowed(tx, { caller, action, now, facts: { requestTags }, ...reference }))) return false
  return true
}

/** Whether something is to be looked up at the upstream that was never, or not within a day. */
export function isDue({ clock }: Domain, checkedAt: number | undefined): boolean {
  return checkedAt === undefined || isCheckDue(checkedAt, clock.now())
}

/** @throws Refused UpstreamLoginMissing */
export async function sourceOf(
  domain: Domain,
  repository: RepositoryReference,
  rule: PullThroughRule,
): Promise<ImageSource> {
  const { registry, repositoryName } = repository
  const upstream = await openUpstream(domain, registry, rule).catch((error: unknown) => {
    if (!(error instanceof Refused)) throw error
    // The secret was good when the rule was made.
    throw new Refused('UpstreamLoginMissing', { reason: messageOf(error) }, { cause: error })
  })
  return { repository, rule, upstream, upstreamName: upstreamNameOf(rule, repositoryName) }
}

/**
 * Waits until an image or a blob is here whole.
 *
 * @throws Refused as `upstreamRefusal` has it
 */
export async function importEnded({ done }: ImageImport | BlobImport): Promise<void> {
  try {
    await done
  } catch (error) {
    throw upstreamRefusal(error)
  }
}
