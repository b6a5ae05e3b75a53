import { appendPart, only } from '../../domain/append-part.ts'
import { operation } from '../operation.ts'

/**
 * Adds a part to an upload; parts come in order, each from the byte after the last one.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UploadLayerPart.html
 */
export const UploadLayerPart = operation('UploadLayerPart', async (input, { domain, registry }) => {
  const { repositoryName, uploadId, partFirstByte, partLastByte, layerPartBlob } = input
  const receivedBytes = await appendPart(
    domain,
    { registry, repositoryName, uploadId },
    { bytes: only(layerPartBlob), firstByte: partFirstByte, length: partLastByte - partFirstByte + 1 },
  )

  return { registryId: registry.accountId, repositoryName, uploadId, lastByteReceived: receivedBytes - 1 }
})
