import type { Rule, Selection } from '../../src/lifecycle/policy.ts'
import type { Candidate } from '../../src/lifecycle/selection.ts'
import { digestOf } from '../../src/rules/digest.ts'
import { DEFAULT_ACCOUNT, refusal } from './refusals.ts'

/*
 * Policies and images for tests of what decides over images.
 */

export const DAY = 24 * 60 * 60 * 1000

/** A rule that expires: the rest of its selection decides which. */
export function expire(rulePriority: number, selection: Partial<Selection>): Rule {
  return { rulePriority, selection: selectionOf(selection), action: { type: 'expire' } }
}

/** A rule that archives. */
export function archive(rulePriority: number, selection: Partial<Selection>): Rule {
  const action = { type: 'transition', targetStorageClass: 'archive' } as const
  return { rulePriority, selection: selectionOf(selection), action }
}

/** Any image, when nothing is said; for rules that count days, with their unit. */
function selectionOf(selection: Partial<Selection>): Selection {
  const { countType = 'imageCountMoreThan', tagPrefixList, tagPatternList } = selection
  const tagStatus = tagPrefixList || tagPatternList ? 'tagged' : 'any'
  const countUnit = countType === 'imageCountMoreThan' ? {} : { countUnit: 'days' as const }
  return { tagStatus, countType, ...countUnit, countNumber: 1, ...selection }
}

export function policyText(...rules: readonly Rule[]): string {
  return JSON.stringify({ rules })
}

/** As a person would write it, with white space. */
export function spacedPolicy(...rules: readonly Rule[]): string {
  return JSON.stringify({ rules }, undefined, 2)
}

export function lifecyclePolicyNotFound(repositoryName: string): ReturnType<typeof refusal> {
  return refusal(
    'LifecyclePolicyNotFoundException',
    `Lifecycle policy does not exist for the repository with name '${repositoryName}' in the registry with id '${DEFAULT_ACCOUNT}'`,
  )
}

/** Texts that are no lifecycle policy: what is wrong, the text, the constraint. */
export const invalidPolicies: [what: string, text: string, constraint: string][] = [
  [
    'a text that is no JSON',
    'x'.repeat(100),
    'Lifecycle policy parsing failure: Could not map policyString into LifecyclePolicy.',
  ],
  [
    'another member',
    JSON.stringify({ rules: [{ ...expire(1, {}), enabled: true }] }),
    'Lifecycle policy validation failure: object instance has properties which are not allowed by the schema: (["enabled"])',
  ],
  [
    'two rules of one priority',
    policyText(expire(1, { tagPrefixList: ['v'] }), expire(1, {})),
    'Lifecycle policy validation failure: Duplicate priority in multiple rules',
  ],
]

let counter = 0

/** An image that was pushed so many days before `now`, after all that were made before. */
export function candidate(
  now: number,
  daysAgo: number,
  { tags = [], ...others }: Partial<Candidate> = {},
): Candidate {
  counter += 1
  return {
    id: counter,
    digest: digestOf(Buffer.from(`image ${counter}`)),
    tags,
    status: 'ACTIVE',
    subject: undefined,
    parents: [],
    pushedAt: now - daysAgo * DAY,
    lastPulledAt: undefined,
    lastArchivedAt: undefined,
    lastActivatedAt: undefined,
    ...others,
  }
}
