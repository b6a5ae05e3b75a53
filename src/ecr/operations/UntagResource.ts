import { findRepository } from '../../domain/domain.ts'
import { removeResourceTags } from '../../domain/resource-tags.ts'
import { operation } from '../operation.ts'
import { repositoryOfArn } from '../resource.ts'

/**
 * Removes tags of a repository by their keys; keys that it does not have are no fault.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UntagResource.html
 */
export const UntagResource = operation('UntagResource', async (input, context) => {
  const { domain } = context
  const { tagKeys } = input
  const reference = await repositoryOfArn(input.resourceArn, context, 'ecr:UntagResource', { tagKeys })
  await domain.database.write(async (tx) => {
    const repository = await findRepository(tx, reference)
    const resourceTags = removeResourceTags(repository.resourceTags, tagKeys)

    await tx.repositories.update(repository.id, { resourceTags })
  })

  return {}
})
