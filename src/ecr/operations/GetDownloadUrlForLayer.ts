import { type Domain, findRepository, inRepository } from '../../domain/domain.ts'
import { Refused } from '../../domain/errors.ts'
import { layerUnknown } from '../../domain/find-layer.ts'
import { pullLayer } from '../../domain/pull-layer.ts'
import { importEnded, type Pull } from '../../domain/pull-through.ts'
import { type Digest, parseDigest } from '../../rules/digest.ts'
import type { Layer } from '../../store/database.ts'
import { operation } from '../operation.ts'
import { toldAs } from '../pull-images.ts'

/**
 * Answers a signed URL from which the layer can be downloaded for an hour, without a login.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetDownloadUrlForLayer.html
 */
export const GetDownloadUrlForLayer = operation(
  'GetDownloadUrlForLayer',
  async (input, { domain, caller, registry, layerUrl }) => {
    const { repositoryName, layerDigest } = input
    const reference = { registry, repositoryName }
    const digest = parseDigest(layerDigest)
    const find = (): Promise<Layer | undefined> =>
      domain.database.read(async (tx) => {
        const { id } = await findRepository(tx, reference)
        return digest && tx.layers.find(id, digest)
      })
    let layer = await find()
    // A layer may come from an upstream long before the image that names it.
    if (layer && !layer.referenced && domain.imports.isUnderWay(reference)) {
      await domain.imports.settle(reference)
      layer = await find()
    }
    if (layer?.referenced && !layer.isArchived)
      return { downloadUrl: layerUrl(repositoryName, layer.digest), layerDigest }
    if (layer) throw new Refused('LayerInaccessible', { ...inRepository(reference), layerDigest })
    // A layer of an image that is on its way from an upstream, or was.
    const isPulled =
      digest &&
      (await toldAs(
        (reason) => new Refused('UpstreamLayerFailed', { ...inRepository(reference), layerDigest, reason }),
        pullWhole(domain, { caller, repository: reference }, digest),
      ))
    if (!isPulled) throw layerUnknown(reference, layerDigest)

    return { downloadUrl: layerUrl(repositoryName, digest), layerDigest }
  },
)

/** Fetches a layer, and answers whether there is such a one. */
async function pullWhole(domain: Domain, pull: Pull, digest: Digest): Promise<boolean> {
  const begun = await pullLayer(domain, pull, digest)
  if (begun) await importEnded(begun)
  return begun !== undefined
}
