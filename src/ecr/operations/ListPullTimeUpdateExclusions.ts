import { pullTimeExclusions } from '../../domain/pull-times.ts'
import { operation } from '../operation.ts'

/**
 * Lists the principals whose pulls are not recorded, in the order of their ARNs.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListPullTimeUpdateExclusions.html
 */
export const ListPullTimeUpdateExclusions = operation(
  'ListPullTimeUpdateExclusions',
  async (_input, { domain, registry, page }) => {
    const { limit, position = '', nextToken } = page<string>()
    const exclusions = await domain.database.read((tx) => pullTimeExclusions(tx, registry))

    const listed = exclusions.map(({ principalArn }) => principalArn).filter((arn) => arn > position)
    const pullTimeUpdateExclusions = listed.slice(0, limit)
    return {
      pullTimeUpdateExclusions,
      nextToken: nextToken(listed.length > limit ? pullTimeUpdateExclusions.at(-1) : undefined),
    }
  },
)
