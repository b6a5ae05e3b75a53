import { findTemplate } from '../../domain/creation-templates.ts'
import { describeTemplate, normalPrefix, withGiven } from '../creation-template.ts'
import { operation } from '../operation.ts'

/**
 * Changes the members of a template that are given; repositories that it made stay as they are.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UpdateRepositoryCreationTemplate.html
 */
export const UpdateRepositoryCreationTemplate = operation(
  'UpdateRepositoryCreationTemplate',
  async (input, { domain, registry }) => {
    const template = await domain.database.write(async (tx) => {
      const {
        prefix,
        createdAt,
        updatedAt: _,
        ...content
      } = await findTemplate(tx, registry, normalPrefix(input.prefix))
      const changed = withGiven(registry, content, input)
      const updated = { ...changed, prefix, createdAt, updatedAt: domain.clock.now() }

      await tx.creationTemplates.put(registry, updated)
      return updated
    })

    return { registryId: registry.accountId, repositoryCreationTemplate: describeTemplate(template) }
  },
)
