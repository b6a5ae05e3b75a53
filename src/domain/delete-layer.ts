import type { Digest } from '../rules/digest.ts'
import { type Domain, findRepository, inRepository, type RepositoryReference } from './domain.ts'
import { Refused } from './errors.ts'
import { findLayer } from './find-layer.ts'
import { letGo } from './let-go.ts'

/**
 * Takes a layer that no image names from its repository; its bytes go when no other repository owns them.
 *
 * @throws Refused RepositoryUnknown, LayerUnknown, LayerReferenced
 */
export async function deleteLayer(
  { database, blobs, digestLock }: Domain,
  reference: RepositoryReference,
  digest: Digest,
): Promise<void> {
  await digestLock.hold(digest, async () => {
    const isLetGo = await database.write(async (tx) => {
      const { referenced } = await findLayer(tx, reference, digest)
      if (referenced)
        throw new Refused('LayerReferenced', { ...inRepository(reference), layerDigest: digest })
      const { id } = await findRepository(tx, reference)
      await tx.layers.unlink(id, digest)
      return letGo(tx, digest)
    })
    if (isLetGo) await blobs.remove(digest)
  })
}
