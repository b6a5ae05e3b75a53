/** The model's enum, in its order. */
export type TagMutability = 'MUTABLE' | 'IMMUTABLE' | 'IMMUTABLE_WITH_EXCLUSION' | 'MUTABLE_WITH_EXCLUSION'

/** A wildcard over whole tags: `*` is any run of characters, also none. */
export interface ExclusionFilter {
  readonly filterType: 'WILDCARD'
  readonly filter: string
}

/**
 * Whether a tag that exists may be pushed again or moved: with an exclusion, matching tags have the
 * other property than the rest (ECR user guide, "Image tag mutability").
 */
export function isTagMutable(
  tag: string,
  mutability: TagMutability,
  exclusions: readonly ExclusionFilter[],
): boolean {
  switch (mutability) {
    case 'MUTABLE':
      return true
    case 'IMMUTABLE':
      return false
    case 'MUTABLE_WITH_EXCLUSION':
      return !isExcluded(tag, exclusions)
    case 'IMMUTABLE_WITH_EXCLUSION':
      return isExcluded(tag, exclusions)
  }
}

function isExcluded(tag: string, exclusions: readonly ExclusionFilter[]): boolean {
  return exclusions.some(({ filter }) => matchesWildcard(tag, filter))
}

/** Whether the whole text fits the pattern. Linear for the few `*` that ECR allows. */
export function matchesWildcard(text: string, pattern: string): boolean {
  const star = pattern.indexOf('*')
  if (star < 0) return text === pattern
  // Most texts end here: a lifecycle policy asks this of every tag, for each of its rules.
  const first = pattern.slice(0, star)
  if (!text.startsWith(first)) return false
  const parts = pattern.slice(star + 1).split('*')
  const last = parts.pop() ?? ''
  if (text.length < first.length + last.length || !text.endsWith(last)) return false

  let position = first.length
  const end = text.length - last.length
  for (const part of parts) {
    const found = text.indexOf(part, position)
    if (found < 0 || found + part.length > end) return false
    position = found + part.length
  }
  return true
}

/** The most `*` in one exclusion filter (validation of the service, by way of Terraform's provider). */
const MAX_WILDCARDS = 2

/**
 * Why a mutability and its filters do not go together, as a member and constraint of ECR's
 * InvalidParameterException; undefined when they do.
 */
export function mutabilityFault(
  mutability: TagMutability,
  exclusions: readonly ExclusionFilter[] | undefined,
): { member: string; constraint: string } | undefined {
  const member = 'imageTagMutabilityExclusionFilters'
  const takesExclusions = mutability.endsWith('_WITH_EXCLUSION')
  // Both texts: moto and cdk-preflight rules, observed.
  if (takesExclusions && !exclusions)
    return {
      member,
      constraint: `ImageTagMutabilityExclusionFilters can't be null when imageTagMutability is set as ${mutability}`,
    }
  if (!takesExclusions && exclusions)
    return {
      member,
      constraint: `ImageTagMutabilityExclusionFilters are not allowed when imageTagMutability is set to ${mutability}`,
    }
  const index = exclusions?.findIndex(({ filter }) => filter.split('*').length - 1 > MAX_WILDCARDS) ?? -1
  // Text: guess, in the style of the model's own constraints.
  if (index >= 0)
    return {
      member: `${member}.${index + 1}.member.filter`,
      constraint: `Filter must contain at most ${MAX_WILDCARDS} wildcards (*)`,
    }
  return undefined
}
