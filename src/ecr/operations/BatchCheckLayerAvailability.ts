import { layersInPlace } from '../../domain/layers-in-place.ts'
import type { Layer, LayerFailure } from '../../generated/ecr/types.ts'
import { type Digest, parseDigest } from '../../rules/digest.ts'
import type { Layer as StoredLayer } from '../../store/database.ts'
import { operation } from '../operation.ts'

/** As the model has it for `layerDigest`. */
const LAYER_DIGEST_PATTERN = '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'
const LAYER_DIGEST = /^[a-zA-Z0-9\-_+.]+:[a-fA-F0-9]+$/

/**
 * Tells which layers a repository has. A digest that is well formed and not here is an UNAVAILABLE layer,
 * as AWS's own client tests have it; only an absent or malformed one is a failure.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchCheckLayerAvailability.html
 */
export const BatchCheckLayerAvailability = operation(
  'BatchCheckLayerAvailability',
  async (input, { domain, registry }) => {
    const asked = [...new Set(input.layerDigests)]
    const digests = asked.flatMap((layerDigest) => parseDigest(layerDigest) ?? [])
    const inPlace = await layersInPlace(domain, { registry, repositoryName: input.repositoryName }, digests)

    const layers: Layer[] = []
    const failures: LayerFailure[] = []
    for (const layerDigest of asked) {
      const failure = failureOf(layerDigest)
      if (failure) failures.push(failure)
      else layers.push(describeLayer(layerDigest, inPlace.get(layerDigest as Digest)))
    }
    return { layers, failures }
  },
)

function describeLayer(layerDigest: string, layer: StoredLayer | undefined): Layer {
  if (!layer) return { layerAvailability: 'UNAVAILABLE', layerDigest }
  const { sizeInBytes: layerSize, mediaType } = layer
  const layerAvailability = layer.isArchived ? 'ARCHIVED' : 'AVAILABLE'
  return { layerAvailability, layerDigest, layerSize, mediaType }
}

/** Codes are the model's; texts are guesses in the style of the image failures. */
function failureOf(layerDigest: string): LayerFailure | undefined {
  if (layerDigest === '')
    return {
      layerDigest,
      failureCode: 'MissingLayerDigest',
      failureReason: 'Invalid request parameters: layer digest cannot be empty',
    }
  if (!LAYER_DIGEST.test(layerDigest))
    return {
      layerDigest,
      failureCode: 'InvalidLayerDigest',
      failureReason: `Invalid request parameters: layer digest should satisfy the regex '${LAYER_DIGEST_PATTERN}'`,
    }
  return undefined
}
