import { completeUpload } from '../../domain/complete-upload.ts'
import { operation } from '../operation.ts'

/**
 * Makes an upload a layer of the repository, when it has one of the digests that the caller gives.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CompleteLayerUpload.html
 */
export const CompleteLayerUpload = operation('CompleteLayerUpload', async (input, { domain, registry }) => {
  const { repositoryName, uploadId, layerDigests } = input
  const layerDigest = await completeUpload(
    domain,
    { registry, repositoryName, uploadId },
    { digests: layerDigests, checkParts: true, existing: 'refuse' },
  )

  return { registryId: registry.accountId, repositoryName, uploadId, layerDigest }
})
