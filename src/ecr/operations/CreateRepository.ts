import { createRepository } from '../../domain/create-repository.ts'
import { encryptionFor } from '../../domain/encryption.ts'
import { Refused } from '../../domain/errors.ts'
import { addResourceTags } from '../../domain/resource-tags.ts'
import { mutabilityFault } from '../../rules/tag-mutability.ts'
import { operation } from '../operation.ts'
import { describeRepository, resourceTagsOf } from '../shapes.ts'

/**
 * Makes a repository; nothing else does, and its encryption stays as it is chosen here.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
 */
export const CreateRepository = operation(
  'CreateRepository',
  async (input, { domain, registry, registryHost }) => {
    const imageTagMutability = input.imageTagMutability ?? 'MUTABLE'
    const exclusionFilters = input.imageTagMutabilityExclusionFilters
    const fault = mutabilityFault(imageTagMutability, exclusionFilters)
    if (fault) throw new Refused('ParameterInvalid', fault)
    const encryption = encryptionFor(registry, input.encryptionConfiguration)
    const resourceTags = addResourceTags([], resourceTagsOf(input.tags))

    const reference = { registry, repositoryName: input.repositoryName }
    const settings = {
      imageTagMutability,
      exclusionFilters: exclusionFilters ?? [],
      scanOnPush: input.imageScanningConfiguration?.scanOnPush ?? false,
      encryption,
      resourceTags,
    }
    const repository = await domain.database.write((tx) => createRepository(tx, domain, reference, settings))

    return { repository: describeRepository(repository, registryHost(registry)) }
  },
)
