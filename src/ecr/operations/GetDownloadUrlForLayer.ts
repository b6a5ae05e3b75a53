import { findRepository, inRepository } from '../../domain/domain.ts'
import { Refused } from '../../domain/errors.ts'
import { findLayer } from '../../domain/find-layer.ts'
import { parseDigest } from '../../rules/digest.ts'
import { operation } from '../operation.ts'

/**
 * Answers a signed URL from which the layer can be downloaded for an hour, without a login.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetDownloadUrlForLayer.html
 */
export const GetDownloadUrlForLayer = operation(
  'GetDownloadUrlForLayer',
  async (input, { domain, registry, layerUrl }) => {
    const { repositoryName, layerDigest } = input
    const reference = { registry, repositoryName }
    const digest = parseDigest(layerDigest)
    const layer = await domain.database.read(async (tx) => {
      if (digest) return findLayer(tx, reference, digest)
      await findRepository(tx, reference)
      throw new Refused('LayerUnknown', { ...inRepository(reference), layerDigest })
    })
    if (!layer.referenced) throw new Refused('LayerInaccessible', { ...inRepository(reference), layerDigest })

    return { downloadUrl: layerUrl(repositoryName, layer.digest), layerDigest }
  },
)
