import type { Digest } from '../rules/digest.ts'
import type { Layer, Reads } from '../store/database.ts'
import { findRepository, inRepository, type RepositoryReference } from './domain.ts'
import { Refused } from './errors.ts'

/**
 * A layer that the repository owns. Bytes that only other repositories own are as good as absent.
 *
 * @throws Refused RepositoryUnknown, LayerUnknown
 */
export async function findLayer(tx: Reads, reference: RepositoryReference, digest: Digest): Promise<Layer> {
  const repository = await findRepository(tx, reference)
  const layer = await tx.layers.find(repository.id, digest)
  if (!layer) throw layerUnknown(reference, digest)
  return layer
}

/** The refusal for a layer that is not there. */
export function layerUnknown(reference: RepositoryReference, digest: string): Refused {
  return new Refused('LayerUnknown', { ...inRepository(reference), layerDigest: digest })
}
