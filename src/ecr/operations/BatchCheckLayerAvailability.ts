import { findRepository } from '../../domain/domain.ts'
import type { Layer, LayerFailure } from '../../generated/ecr/types.ts'
import { parseDigest } from '../../rules/digest.ts'
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
    const layers: Layer[] = []
    const failures: LayerFailure[] = []
    await domain.database.read(async (tx) => {
      const repository = await findRepository(tx, { registry, repositoryName: input.repositoryName })
      for (const layerDigest of new Set(input.layerDigests)) {
        const failure = failureOf(layerDigest)
        if (failure) {
          failures.push(failure)
          continue
        }
        const digest = parseDigest(layerDigest)
        const layer = digest && (await tx.layers.find(repository.id, digest))
        layers.push(
          layer
            ? {
                layerAvailability: 'AVAILABLE',
                layerDigest,
                layerSize: layer.sizeInBytes,
                mediaType: layer.mediaType,
              }
            : { layerAvailability: 'UNAVAILABLE', layerDigest },
        )
      }
    })

    return { layers, failures }
  },
)

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
