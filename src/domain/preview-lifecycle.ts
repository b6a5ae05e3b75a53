import { setImmediate } from 'node:timers/promises'
import { evaluate } from '../lifecycle/evaluate.ts'
import { ACTIONS, parsePolicy } from '../lifecycle/policy.ts'
import type { Registry } from '../rules/registry.ts'
import type { LifecyclePreview, LifecyclePreviewResult, Repository, Writes } from '../store/database.ts'
import { type Domain, findRepository, inRepository, type RepositoryReference } from './domain.ts'
import { Refused } from './errors.ts'
import { inTurns } from './in-turns.ts'
import { enqueue } from './jobs.ts'
import { lifecycleCandidates } from './lifecycle-candidates.ts'
import { checkLifecyclePolicy, findLifecyclePolicy } from './lifecycle-policy.ts'

/** In ECR a preview takes seconds (guess): so long another one is refused. */
const PREVIEW_MILLISECONDS = 1000

/** How long the results of a preview are kept (guess: the model only says that they expire). */
const PREVIEW_LIFE_MILLISECONDS = 24 * 60 * 60 * 1000

/**
 * Begins a preview of a policy, or of the repository's own, in place of an earlier one.
 *
 * @returns the policy as it was sent
 * @throws Refused RepositoryUnknown, ParameterInvalid, LifecyclePolicyUnknown, LifecyclePreviewInProgress
 */
export async function startPreview(
  domain: Domain,
  reference: RepositoryReference,
  given: string | undefined,
): Promise<string> {
  return domain.database.write(async (tx) => {
    const repository = await findRepository(tx, reference)
    if (given !== undefined) checkLifecyclePolicy(given)
    const policyText = given ?? findLifecyclePolicy(repository)
    const earlier = await tx.lifecyclePreviews.find(repository.id)
    if (earlier?.status === 'IN_PROGRESS')
      throw new Refused('LifecyclePreviewInProgress', inRepository(reference))

    await tx.lifecyclePreviews.begin(repository.id, policyText)
    await enqueue(tx, domain, 'previewLifecycle', {
      registry: repository.registry,
      payload: { repositoryName: repository.name },
      dueAt: domain.clock.now() + PREVIEW_MILLISECONDS,
    })
    return policyText
  })
}

/**
 * The preview of a repository, which is complete then: who asks need not wait.
 *
 * @throws Refused RepositoryUnknown, LifecyclePreviewUnknown
 */
export async function completePreview(
  domain: Domain,
  reference: RepositoryReference,
): Promise<{ repository: Repository; preview: LifecyclePreview }> {
  const { database, clock, lifecycleLock } = domain
  const repository = await database.read((tx) => findRepository(tx, reference))
  const preview = await lifecycleLock.hold(String(repository.id), async () => {
    const begun = await database.read((tx) => tx.lifecyclePreviews.find(repository.id))
    if (begun?.status !== 'IN_PROGRESS') return begun
    await evaluatePreview(domain, repository, begun)
    return database.read((tx) => tx.lifecyclePreviews.find(repository.id))
  })
  if (!preview) throw new Refused('LifecyclePreviewUnknown', inRepository(reference))
  const isExpired = clock.now() - (preview.completedAt ?? Infinity) > PREVIEW_LIFE_MILLISECONDS
  return { repository, preview: isExpired ? { ...preview, status: 'EXPIRED' } : preview }
}

/** Completes the preview of a repository that is still there. */
export async function finishPreview(
  domain: Domain,
  registry: Registry,
  { repositoryName }: { repositoryName: string },
): Promise<void> {
  try {
    await completePreview(domain, { registry, repositoryName })
  } catch (error) {
    if (!(error instanceof Refused)) throw error
  }
}

/** Drops the results of previews that nobody may ask for any more. */
export async function dropOldPreviews({ database, clock }: Domain): Promise<void> {
  await database.write((tx) => tx.lifecyclePreviews.expire(clock.now() - PREVIEW_LIFE_MILLISECONDS))
}

const BATCH = 500

/**
 * Writes down what the policy would do, also to images that an index names (containers-roadmap#2613). In small
 * transactions: after a crash between them it is done anew.
 */
async function evaluatePreview(
  domain: Domain,
  { id }: Repository,
  { policyText }: LifecyclePreview,
): Promise<void> {
  const { database, clock } = domain
  const candidates = await lifecycleCandidates(domain, id)
  const now = clock.now()
  const results: LifecyclePreviewResult[] = []
  const decisions = await inTurns(evaluate(parsePolicy(policyText), candidates, now))
  for (const { image, rule, acts } of decisions)
    if (rule && acts)
      results.push({
        imageId: image.id,
        digest: image.digest,
        tags: image.tags,
        pushedAt: image.pushedAt,
        storageClass: image.status === 'ARCHIVED' ? 'ARCHIVE' : 'STANDARD',
        action: ACTIONS[rule.action.type],
        rulePriority: rule.rulePriority,
      })
  const countOf = (action: LifecyclePreviewResult['action']): number =>
    results.filter((result) => result.action === action).length

  const unlessGone = (work: (previews: Writes['lifecyclePreviews']) => Promise<void>): Promise<void> =>
    database.write(async ({ lifecyclePreviews }) => {
      if (await lifecyclePreviews.find(id)) await work(lifecyclePreviews)
    })
  await unlessGone((previews) => previews.clearResults(id))
  for (let first = 0; first < results.length; first += BATCH) {
    await unlessGone((previews) => previews.addResults(id, results.slice(first, first + BATCH)))
    await setImmediate()
  }
  await unlessGone((previews) =>
    previews.complete(id, {
      expiringCount: countOf('EXPIRE'),
      transitioningCount: countOf('TRANSITION'),
      completedAt: now,
    }),
  )
}
