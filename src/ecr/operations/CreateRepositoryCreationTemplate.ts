import { Refused } from '../../domain/errors.ts'
import { describeTemplate, normalPrefix, withGiven } from '../creation-template.ts'
import { operation } from '../operation.ts'

/**
 * Says how repositories below a prefix are made when a push, replication or a pull through a cache makes them.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepositoryCreationTemplate.html
 */
export const CreateRepositoryCreationTemplate = operation(
  'CreateRepositoryCreationTemplate',
  async (input, { domain, registry }) => {
    const registryId = registry.accountId
    const prefix = normalPrefix(input.prefix)
    const now = domain.clock.now()
    const content = withGiven(registry, { appliedFor: [] }, input)
    const template = { ...content, prefix, createdAt: now, updatedAt: now }

    await domain.database.write(async ({ creationTemplates }) => {
      if (await creationTemplates.find(registry, prefix))
        throw new Refused('TemplateExists', { registryId, prefix })
      await creationTemplates.put(registry, template)
    })

    return { registryId, repositoryCreationTemplate: describeTemplate(template) }
  },
)
