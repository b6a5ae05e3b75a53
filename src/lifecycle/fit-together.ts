import type { Rule } from './policy.ts'

/** ECR user guide, "tagPatternList". */
const MAX_WILDCARDS = 4

/** ECR user guide, "countNumber": what is archived stays so for at least so many days. */
const MIN_DAYS_IN_ARCHIVE = 90

/**
 * What keeps rules, each of the right shape, from being one policy; undefined when nothing does. Where no source
 * stands beside a text it is a guess.
 */
export function fitTogether(rules: readonly Rule[]): string | undefined {
  // Observed: cdk-preflight rules.
  if (new Set(rules.map(({ rulePriority }) => rulePriority)).size < rules.length)
    return 'Duplicate priority in multiple rules'
  for (const rule of rules) {
    const misfit = misfitOfTags(rule) ?? misfitOfCount(rule)
    if (misfit) return misfit
  }
  return misfitOfClass(rules.filter((rule) => !isOfArchive(rule))) ?? misfitOfClass(rules.filter(isOfArchive))
}

function isOfArchive({ selection }: Rule): boolean {
  return selection.storageClass === 'archive'
}

function misfitOfTags({ selection }: Rule): string | undefined {
  const { tagStatus, tagPrefixList, tagPatternList } = selection
  if (tagStatus !== 'tagged') {
    const list = tagPrefixList ? 'tagPrefixList' : tagPatternList ? 'tagPatternList' : undefined
    // Observed: cdk-preflight rules.
    return list && `Cannot specify ${list} with tagStatus ${tagStatus}`
  }
  // Observed: reports of 2026.
  if (!tagPrefixList && !tagPatternList)
    return 'Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED.'
  // Observed: cdk-preflight rules, and so is the next one.
  if (tagPrefixList && tagPatternList)
    return 'If policy has a tagged rule, it must specify only one of tagPrefixList or tagPatternList'
  if (tagPatternList?.some((pattern) => pattern.split('*').length - 1 > MAX_WILDCARDS))
    return 'Invalid tag pattern provided'
  return undefined
}

function misfitOfCount(rule: Rule): string | undefined {
  const { selection, action } = rule
  if (selection.countType !== 'sinceImageTransitioned') {
    // Observed: cdk-preflight rules.
    if (isOfArchive(rule))
      return 'SINCE_IMAGE_PUSHED, SINCE_IMAGE_PULLED and IMAGE_COUNT_MORE_THAN support the STANDARD storage class only'
    if (selection.countType === 'sinceImagePulled' && action.type !== 'transition')
      return 'SINCE_IMAGE_PULLED supports the TRANSITION action only'
    return undefined
  }
  if (!isOfArchive(rule)) return 'SINCE_IMAGE_TRANSITIONED supports the ARCHIVE storage class only'
  if (action.type !== 'expire') return 'SINCE_IMAGE_TRANSITIONED supports the EXPIRE action only'
  if (selection.countNumber < MIN_DAYS_IN_ARCHIVE)
    return `SINCE_IMAGE_TRANSITIONED requires a countNumber of at least ${MIN_DAYS_IN_ARCHIVE}`
  return undefined
}

/** @param rules of one storage class */
function misfitOfClass(rules: readonly Rule[]): string | undefined {
  const withStatus = (status: string) => rules.filter(({ selection }) => selection.tagStatus === status)
  // Observed: moto, without its end; reports of 2026.
  if (withStatus('untagged').length > 1) return 'Only one rule can select Untagged images per storage class.'
  const [any, ...others] = withStatus('any')
  // Observed: cdk-preflight rules.
  if (others.length > 0) return 'Only one rule can specify tagStatus=ANY'
  // Observed: reports of 2026.
  if (any && rules.some(({ rulePriority }) => rulePriority > any.rulePriority))
    return 'Rule for tagStatus=ANY must have the lowest priority per storage class'
  const sets = withStatus('tagged').map(({ selection: { tagPrefixList, tagPatternList = [] } }) =>
    JSON.stringify([!tagPrefixList, ...new Set((tagPrefixList ?? tagPatternList).toSorted())]),
  )
  if (new Set(sets).size < sets.length)
    return 'Two rules cannot specify the same tagPrefixList or tagPatternList per storage class'
  return undefined
}
