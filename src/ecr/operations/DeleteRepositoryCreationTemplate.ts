import { findTemplate } from '../../domain/creation-templates.ts'
import { describeTemplate, normalPrefix } from '../creation-template.ts'
import { operation } from '../operation.ts'

/**
 * Forgets a template and answers with what it was; repositories that it made stay.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRepositoryCreationTemplate.html
 */
export const DeleteRepositoryCreationTemplate = operation(
  'DeleteRepositoryCreationTemplate',
  async (input, { domain, registry }) => {
    const template = await domain.database.write(async (tx) => {
      const found = await findTemplate(tx, registry, normalPrefix(input.prefix))

      await tx.creationTemplates.delete(registry, found.prefix)
      return found
    })

    return { registryId: registry.accountId, repositoryCreationTemplate: describeTemplate(template) }
  },
)
