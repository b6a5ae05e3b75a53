import { isRefused, Refused } from '../../domain/errors.ts'
import { PART_BYTES } from '../../domain/quotas.ts'
import { startUpload } from '../../domain/start-upload.ts'
import { operation } from '../operation.ts'

/**
 * Opens an upload of a layer and says in parts of which size it should come.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_InitiateLayerUpload.html
 */
export const InitiateLayerUpload = operation(
  'InitiateLayerUpload',
  async (input, { domain, caller, registry }) => {
    const { repositoryName } = input
    const uploadId = await startUpload(domain, { registry, repositoryName }, caller).catch(
      (error: unknown) => {
        // A push that can make no repository fails as one that makes none; it declares no LimitExceeded (a guess).
        if (!isRefused(error, 'QuotaExceeded')) throw error
        throw new Refused(
          'RepositoryUnknown',
          { registryId: registry.accountId, repositoryName },
          { cause: error },
        )
      },
    )

    return { uploadId, partSize: PART_BYTES }
  },
)
