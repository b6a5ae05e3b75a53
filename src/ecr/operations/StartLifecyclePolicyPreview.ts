import { startPreview } from '../../domain/preview-lifecycle.ts'
import { operation } from '../operation.ts'

/**
 * Begins to work out what a lifecycle policy would do: one that is given, or the repository's own.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_StartLifecyclePolicyPreview.html
 */
export const StartLifecyclePolicyPreview = operation(
  'StartLifecyclePolicyPreview',
  async (input, { domain, registry }) => {
    const { repositoryName } = input
    const reference = { registry, repositoryName }
    const lifecyclePolicyText = await startPreview(domain, reference, input.lifecyclePolicyText)
    const status = 'IN_PROGRESS' as const
    return { registryId: registry.accountId, repositoryName, lifecyclePolicyText, status }
  },
)
