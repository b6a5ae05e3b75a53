import { findRepository } from '../../domain/domain.ts'
import { operation } from '../operation.ts'
import { refusePaging } from '../paging.ts'
import { describeRepository } from '../shapes.ts'

/**
 * Lists repositories in the order of their names, or describes those that are named; one that is missing
 * fails the whole call.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRepositories.html
 */
export const DescribeRepositories = operation(
  'DescribeRepositories',
  async (input, { domain, registry, registryHost, page }) => {
    const host = registryHost(registry)
    if (input.repositoryNames) {
      refusePaging(input, 'repositoryNames')
      const names = [...new Set(input.repositoryNames)]
      const found = await domain.database.read(async (tx) => {
        const repositories = []
        for (const repositoryName of names)
          repositories.push(await findRepository(tx, { registry, repositoryName }))
        return repositories
      })
      return { repositories: found.map((repository) => describeRepository(repository, host)) }
    }

    const { limit, position, nextToken } = page<string>()
    const listed = await domain.database.read((tx) =>
      tx.repositories.list(registry, { after: position ?? '', limit: limit + 1 }),
    )
    const repositories = listed.slice(0, limit)
    return {
      repositories: repositories.map((repository) => describeRepository(repository, host)),
      nextToken: nextToken(listed.length > limit ? repositories.at(-1)?.name : undefined),
    }
  },
)
