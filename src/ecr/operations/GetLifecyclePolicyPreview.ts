import { setImmediate } from 'node:timers/promises'
import { completePreview } from '../../domain/preview-lifecycle.ts'
import type {
  ImageIdentifier,
  LifecyclePolicyPreviewFilter,
  LifecyclePolicyPreviewResult,
  LifecyclePolicyPreviewSummary,
} from '../../generated/ecr/types.ts'
import type { Database, LifecyclePreview, LifecyclePreviewResult } from '../../store/database.ts'
import { operation } from '../operation.ts'
import { refusePaging } from '../paging.ts'

/**
 * Tells on which images a policy would act, in the order of their first push; of images that are named, on which of
 * them. The summary counts all, whatever is chosen (guess).
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetLifecyclePolicyPreview.html
 */
export const GetLifecyclePolicyPreview = operation(
  'GetLifecyclePolicyPreview',
  async (input, { domain, registry, page }) => {
    const { repositoryName, imageIds, filter } = input
    if (imageIds) refusePaging(input, 'imageIds')
    const { limit, position = 0, nextToken } = page<number>()
    const { repository, preview } = await completePreview(domain, { registry, repositoryName })
    const { policyText: lifecyclePolicyText, status } = preview
    const described = { registryId: registry.accountId, repositoryName, lifecyclePolicyText, status }
    if (status !== 'COMPLETE') return { ...described, previewResults: [] }

    const summary = summaryOf(preview)
    const results = resultsAfter(domain.database, repository.id, filter)
    if (imageIds) {
      const named: LifecyclePolicyPreviewResult[] = []
      for await (const result of results(0))
        if (imageIds.some((imageId) => isNamed(result, imageId))) named.push(describeResult(result))
      return { ...described, previewResults: named, summary }
    }

    const listed: LifecyclePreviewResult[] = []
    for await (const result of results(position)) if (listed.push(result) > limit) break
    const shown = listed.slice(0, limit)
    return {
      ...described,
      previewResults: shown.map(describeResult),
      summary,
      nextToken: nextToken(listed.length > limit ? shown.at(-1)?.imageId : undefined),
    }
  },
)

const PAGE = 101

/** A page at a time: to look for images that are named among very many, others have their turn in between. */
function resultsAfter(database: Database, repositoryId: number, filter: LifecyclePolicyPreviewFilter = {}) {
  const tagStatus = filter.tagStatus === 'ANY' ? undefined : filter.tagStatus
  return async function* (position: number): AsyncGenerator<LifecyclePreviewResult> {
    let results: LifecyclePreviewResult[]
    let after = position
    do {
      results = await database.read(({ lifecyclePreviews }) =>
        lifecyclePreviews.listResults(repositoryId, { tagStatus }, { after, limit: PAGE }),
      )
      yield* results
      after = results.at(-1)?.imageId ?? after
      await setImmediate()
    } while (results.length === PAGE)
  }
}

function isNamed(
  { digest, tags }: LifecyclePreviewResult,
  { imageDigest, imageTag }: ImageIdentifier,
): boolean {
  if (imageDigest === undefined && imageTag === undefined) return false
  return (imageDigest ?? digest) === digest && (imageTag === undefined || tags.includes(imageTag))
}

/** No tags are an empty list here (guess, by what CLI users show of untagged images). */
function describeResult(result: LifecyclePreviewResult): LifecyclePolicyPreviewResult {
  const { digest, tags, pushedAt, action, rulePriority, storageClass } = result
  return {
    imageDigest: digest,
    imageTags: [...tags],
    imagePushedAt: new Date(pushedAt),
    action: { type: action, targetStorageClass: action === 'TRANSITION' ? 'ARCHIVE' : undefined },
    appliedRulePriority: rulePriority,
    storageClass,
  }
}

/** Transitions are counted only where there are some (API reference, LifecyclePolicyPreviewSummary). */
function summaryOf({ expiringCount, transitioningCount }: LifecyclePreview): LifecyclePolicyPreviewSummary {
  return {
    expiringImageTotalCount: expiringCount,
    transitioningImageTotalCounts:
      transitioningCount > 0
        ? [{ targetStorageClass: 'ARCHIVE', imageTotalCount: transitioningCount }]
        : undefined,
  }
}
