import { setImmediate } from 'node:timers/promises'
import type { ImageStatus, LifecycleCandidate } from '../store/database.ts'
import type { Domain } from './domain.ts'

const PAGE = 500

const STATUSES: readonly ImageStatus[] = ['ACTIVE', 'ARCHIVED', 'ACTIVATING']

/**
 * What a lifecycle policy decides by, of every image of a repository in the order of first push. It is read in pages, between which others have
 * their turn: what changes meanwhile is seen when the decisions are carried out.
 */
export async function lifecycleCandidates(
  { database }: Domain,
  repositoryId: number,
): Promise<LifecycleCandidate[]> {
  const candidates: LifecycleCandidate[] = []
  for (const status of STATUSES) {
    let page: LifecycleCandidate[]
    let after = 0
    do {
      page = await database.read((tx) =>
        tx.images.listLifecycleCandidates(repositoryId, status, { after, limit: PAGE }),
      )
      candidates.push(...page)
      after = page.at(-1)?.id ?? after
      await setImmediate()
    } while (page.length === PAGE)
  }
  return candidates.sort((one, other) => one.id - other.id)
}
