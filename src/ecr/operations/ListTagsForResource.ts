import { findRepository } from '../../domain/domain.ts'
import { operation } from '../operation.ts'
import { repositoryOfArn } from '../resource.ts'

/**
 * Lists the tags of a repository in the order of their keys.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListTagsForResource.html
 */
export const ListTagsForResource = operation('ListTagsForResource', async (input, context) => {
  const { domain } = context
  const reference = await repositoryOfArn(input.resourceArn, context, 'ecr:ListTagsForResource')
  const { resourceTags } = await domain.database.read((tx) => findRepository(tx, reference))

  return { tags: resourceTags.map(({ key, value }) => ({ Key: key, Value: value })) }
})
