import { deleteRepository } from '../../domain/delete-repository.ts'
import { operation } from '../operation.ts'
import { describeRepository } from '../shapes.ts'

/**
 * Removes a repository and answers with what it was. One that has images goes only with `force`.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRepository.html
 */
export const DeleteRepository = operation(
  'DeleteRepository',
  async (input, { domain, registry, registryHost }) => {
    const reference = { registry, repositoryName: input.repositoryName }
    const repository = await deleteRepository(domain, reference, { force: input.force ?? false })

    return { repository: describeRepository(repository, registryHost(registry)) }
  },
)
