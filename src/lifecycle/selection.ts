import type { Digest } from '../rules/digest.ts'
import { matchesWildcard } from '../rules/tag-mutability.ts'
import type { Selection } from './policy.ts'

/** What decides over the fate of an image; times in epoch milliseconds. */
export interface Candidate {
  /** Grows in the order of first push. */
  readonly id: number
  readonly digest: Digest
  readonly tags: readonly string[]
  readonly status: 'ACTIVE' | 'ARCHIVED' | 'ACTIVATING'
  /** Of referrers only. */
  readonly subject: Digest | undefined
  /** Indexes of the repository that name the image. */
  readonly parents: readonly Digest[]
  readonly pushedAt: number
  readonly lastPulledAt: number | undefined
  readonly lastArchivedAt: number | undefined
  readonly lastActivatedAt: number | undefined
}

/** Why a selection leaves an image out. */
export type Mismatch = 'subject' | 'storageClass' | 'tagged' | 'untagged' | 'tags'

/**
 * Why a selection leaves an image out; undefined when it takes it in. What has a subject follows that, and what is
 * on its way out of the archive is in neither class (guess).
 */
export function mismatchOf(selection: Selection, { subject, status, tags }: Candidate): Mismatch | undefined {
  if (subject !== undefined) return 'subject'
  if (status !== (selection.storageClass === 'archive' ? 'ARCHIVED' : 'ACTIVE')) return 'storageClass'
  switch (selection.tagStatus) {
    case 'any':
      return undefined
    case 'untagged':
      return tags.length > 0 ? 'tagged' : undefined
    case 'tagged':
      if (tags.length === 0) return 'untagged'
      return unfittedEntry(selection, tags) === undefined ? undefined : 'tags'
  }
}

export function describeMismatch(selection: Selection, image: Candidate, mismatch: Mismatch): string {
  switch (mismatch) {
    case 'subject':
      return `it follows its subject ${image.subject}`
    case 'storageClass':
      return `it is ${image.status}, and the rule is for the ${selection.storageClass ?? 'standard'} storage class`
    case 'tagged':
      return 'it has tags'
    case 'untagged':
      return 'it has no tags'
    case 'tags':
      return `no tag ${selection.tagPrefixList ? 'begins with' : 'fits'} '${unfittedEntry(selection, image.tags)}'`
  }
}

/** The first entry of the list that no tag fits: one for each entry is wanted, or one for several. */
function unfittedEntry(
  { tagPrefixList, tagPatternList = [] }: Selection,
  tags: readonly string[],
): string | undefined {
  const fits = tagPrefixList ? (tag: string, prefix: string) => tag.startsWith(prefix) : matchesWildcard
  return (tagPrefixList ?? tagPatternList).find((entry) => !tags.some((tag) => fits(tag, entry)))
}

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000

/** What puts images into the order of their age, and what it is called. */
export interface Moment {
  readonly name: 'pushed' | 'restored' | 'pulled' | 'archived'
  /** Epoch milliseconds. */
  readonly at: number
}

/** The moment from which a rule counts the days of an image (ECR user guide, "countType"). */
export function momentOf({ countType }: Selection, image: Candidate): Moment {
  const { pushedAt, lastPulledAt, lastArchivedAt, lastActivatedAt } = image
  const pushed: Moment = { name: 'pushed', at: pushedAt }
  const restored: Moment = { name: 'restored', at: lastActivatedAt ?? -Infinity }
  switch (countType) {
    case 'imageCountMoreThan':
      return pushed
    case 'sinceImagePushed':
      return lastActivatedAt === undefined ? pushed : restored
    case 'sinceImagePulled': {
      const pulled: Moment = lastPulledAt === undefined ? pushed : { name: 'pulled', at: lastPulledAt }
      return restored.at > pulled.at ? restored : pulled
    }
    case 'sinceImageTransitioned':
      return { name: 'archived', at: lastArchivedAt ?? pushedAt }
  }
}

/** To the millisecond: what is older than 30 days is so from 30 days and 1 ms on (guess). */
export function daysSince({ at }: Moment, now: number): number {
  return (now - at) / DAY_MILLISECONDS
}
