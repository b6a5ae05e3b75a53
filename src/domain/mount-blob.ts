import type { Digest } from '../rules/digest.ts'
import type { Domain, RepositoryReference } from './domain.ts'
import { findRepository } from './domain.ts'

/**
 * Makes a layer of another repository of the same registry a layer of this one too, without its bytes
 * moving. Answers whether there was such a layer.
 *
 * @throws Refused RepositoryUnknown when the repository to mount into is missing; a missing source is `false`
 */
export async function mountBlob(
  { database, clock }: Domain,
  into: RepositoryReference,
  digest: Digest,
  fromRepositoryName: string,
): Promise<boolean> {
  return database.write(async (tx) => {
    const target = await findRepository(tx, into)
    const source = await tx.repositories.find(into.registry, fromRepositoryName)
    const layer = source && (await tx.layers.find(source.id, digest))
    if (!layer) return false
    const { sizeInBytes } = layer
    await tx.layers.link(target.id, { digest, sizeInBytes, linkedAt: clock.now() })
    return true
  })
}
