import type { Digest } from '../rules/digest.ts'
import type { Layer, Reads, Repository } from '../store/database.ts'
import { type Domain, findRepository, type RepositoryReference } from './domain.ts'
import { LAYER_GRACE_MILLISECONDS } from './sweep.ts'

/**
 * The layers that a repository has of those that somebody wants to push. What is told to be in place is not
 * uploaded again, but named in a manifest: its grace begins anew, so that no sweep takes it in between.
 *
 * @throws Refused RepositoryUnknown
 */
export async function layersInPlace(
  { database, clock }: Domain,
  reference: RepositoryReference,
  digests: readonly Digest[],
): Promise<ReadonlyMap<Digest, Layer>> {
  const found = await database.read(async (tx) => find(tx, await findRepository(tx, reference), digests))
  const now = clock.now()
  // Half of the grace is enough for any push, and lets all other checks go without a write.
  const isOld = ({ linkedAt }: Layer) => linkedAt < now - LAYER_GRACE_MILLISECONDS / 2
  if (![...found.values()].some(isOld)) return found

  return database.write(async (tx) => {
    const repository = await findRepository(tx, reference)
    const kept = await find(tx, repository, digests)
    for (const layer of kept.values()) await tx.layers.link(repository.id, { ...layer, linkedAt: now })
    return kept
  })
}

async function find(tx: Reads, { id }: Repository, digests: readonly Digest[]): Promise<Map<Digest, Layer>> {
  const found = new Map<Digest, Layer>()
  for (const digest of digests) {
    const layer = await tx.layers.find(id, digest)
    if (layer) found.set(digest, layer)
  }
  return found
}
