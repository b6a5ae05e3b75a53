import { findRepository } from '../../domain/domain.ts'
import { Refused } from '../../domain/errors.ts'
import { mutabilityFault } from '../../rules/tag-mutability.ts'
import { operation } from '../operation.ts'

/**
 * Chooses which tags of a repository may be pushed again. Tags that exist stay as they are.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImageTagMutability.html
 */
export const PutImageTagMutability = operation(
  'PutImageTagMutability',
  async (input, { domain, registry }) => {
    const { repositoryName, imageTagMutability, imageTagMutabilityExclusionFilters } = input
    const fault = mutabilityFault(imageTagMutability, imageTagMutabilityExclusionFilters)

    await domain.database.write(async (tx) => {
      const repository = await findRepository(tx, { registry, repositoryName })
      if (fault) throw new Refused('ParameterInvalid', fault)

      const exclusionFilters = imageTagMutabilityExclusionFilters ?? []
      await tx.repositories.update(repository.id, { imageTagMutability, exclusionFilters })
    })

    return {
      registryId: registry.accountId,
      repositoryName,
      imageTagMutability,
      imageTagMutabilityExclusionFilters,
    }
  },
)
