import { setImmediate } from 'node:timers/promises'
import type { Act } from '../lifecycle/plan.ts'
import type { Digest } from '../rules/digest.ts'
import type { Image, ImageStatus, LifecycleCandidate, Reads, Repository, Writes } from '../store/database.ts'
import { removeImage } from './delete-image.ts'
import type { Domain } from './domain.ts'
import { archiveImage } from './storage-class.ts'

export type WithPolicy = Repository & { readonly lifecyclePolicyText: string }

const BATCH = 50

export interface Outcome {
  readonly done: Act[]
  readonly refused: (Act & { parents: readonly Digest[] })[]
}

/**
 * Expires and archives what a policy decided over, in small transactions between which others have their turn, and
 * notes that the policy was evaluated. When it is no longer the repository's, or `signal` aborts, the rest is left alone.
 *
 * @param now when it was decided, in epoch milliseconds
 */
export async function carryOut(
  domain: Domain,
  repository: WithPolicy,
  acts: readonly Act<LifecycleCandidate>[],
  { now, signal }: { now: number; signal?: AbortSignal | undefined },
): Promise<Outcome> {
  const outcome: Outcome = { done: [], refused: [] }
  const whileInForce = (work: (tx: Writes) => Promise<void>): Promise<boolean> =>
    domain.database.write(async (tx) => {
      const current = await tx.repositories.find(repository.registry, repository.name)
      const isInForce =
        current?.id === repository.id && current.lifecyclePolicyText === repository.lifecyclePolicyText
      if (isInForce) await work(tx)
      return isInForce
    })
  for (let first = 0; first < acts.length; first += BATCH) {
    if (signal?.aborted) return outcome
    const batch: Outcome = { done: [], refused: [] }
    const isInForce = await whileInForce(async (tx) => {
      for (const act of acts.slice(first, first + BATCH))
        await carryOutOne(tx, domain, repository, act, batch)
    })
    if (!isInForce) return outcome
    outcome.done.push(...batch.done)
    outcome.refused.push(...batch.refused)
    await setImmediate()
  }
  await whileInForce((tx) => tx.repositories.setLifecycleEvaluated(repository.id, now))
  return outcome
}

/** What is no longer as it was when it was decided about is left to the next evaluation. */
async function carryOutOne(
  tx: Writes,
  domain: Domain,
  repository: Repository,
  act: Act<LifecycleCandidate>,
  { done, refused }: Outcome,
): Promise<void> {
  const image = await tx.images.findByDigest(repository.id, act.image.digest)
  if (!image || !isAsDecided(act.image, image, await tx.images.tagsOf(image.id))) return
  const parents = await keepersOf(tx, image, act)
  if (parents.length > 0) {
    refused.push({ ...act, parents })
    return
  }
  if (act.rule.action.type === 'expire') await removeImage(tx, domain, repository, image)
  else await archiveImage(tx, domain, repository, image)
  done.push(act)
}

const UNCHANGED = ['id', 'status', 'pushedAt', 'lastPulledAt', 'lastArchivedAt', 'lastActivatedAt'] as const

function isAsDecided(candidate: LifecycleCandidate, image: Image, tags: readonly string[]): boolean {
  return (
    UNCHANGED.every((member) => candidate[member] === image[member]) &&
    JSON.stringify(candidate.tags) === JSON.stringify(tags)
  )
}

/** Indexes that keep the rule from its action: any from expiring, those that are not archived from archiving. */
async function keepersOf(tx: Reads, image: Image, { rule }: Act): Promise<Digest[]> {
  const parents = await tx.images.parentsOf(image.repositoryId, image.digest)
  if (rule.action.type === 'expire') return parents
  const statuses = new Map<Digest, ImageStatus | undefined>()
  for (const parent of parents)
    statuses.set(parent, (await tx.images.findByDigest(image.repositoryId, parent))?.status)
  return parents.filter((parent) => statuses.get(parent) !== 'ARCHIVED')
}
