import { findRepository } from '../../domain/domain.ts'
import { addResourceTags } from '../../domain/resource-tags.ts'
import { operation } from '../operation.ts'
import { repositoryOfArn } from '../resource.ts'
import { resourceTagsOf } from '../shapes.ts'

/**
 * Sets tags of a repository: a key that is there gets the new value, other tags stay.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_TagResource.html
 */
export const TagResource = operation('TagResource', async (input, context) => {
  const { domain } = context
  const requestTags = resourceTagsOf(input.tags)
  const reference = await repositoryOfArn(input.resourceArn, context, 'ecr:TagResource', { requestTags })
  await domain.database.write(async (tx) => {
    const repository = await findRepository(tx, reference)
    const resourceTags = addResourceTags(repository.resourceTags, requestTags)

    await tx.repositories.update(repository.id, { resourceTags })
  })

  return {}
})
