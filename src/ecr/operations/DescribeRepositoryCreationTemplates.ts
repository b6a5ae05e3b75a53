import { describeTemplate, normalPrefix } from '../creation-template.ts'
import { operation } from '../operation.ts'
import { refusePaging } from '../paging.ts'

/**
 * Describes templates in the order of their prefixes, or those that are named; a prefix without a template
 * is left out, as no error is declared for it.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRepositoryCreationTemplates.html
 */
export const DescribeRepositoryCreationTemplates = operation(
  'DescribeRepositoryCreationTemplates',
  async (input, { domain, registry, page }) => {
    const registryId = registry.accountId
    if (input.prefixes?.length) {
      refusePaging(input, 'prefixes')
      const prefixes = new Set(input.prefixes.map(normalPrefix))
      const found = await domain.database.read(async ({ creationTemplates }) => {
        const templates = []
        for (const prefix of prefixes) templates.push((await creationTemplates.find(registry, prefix)) ?? [])
        return templates.flat()
      })
      return { registryId, repositoryCreationTemplates: found.map(describeTemplate) }
    }

    const { limit, position = '', nextToken } = page<string>()
    const listed = await domain.database.read(({ creationTemplates }) =>
      creationTemplates.list(registry, { after: position, limit: limit + 1 }),
    )
    const templates = listed.slice(0, limit)
    return {
      registryId,
      repositoryCreationTemplates: templates.map(describeTemplate),
      nextToken: nextToken(listed.length > limit ? templates.at(-1)?.prefix : undefined),
    }
  },
)
