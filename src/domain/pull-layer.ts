import type { Digest } from '../rules/digest.ts'
import { UpstreamError } from '../upstream/upstream.ts'
import { type Domain, findRepository } from './domain.ts'
import { importBlob } from './import-blob.ts'
import type { BlobImport } from './imports.ts'
import { type Pull, ruleToPullBy, sourceOf } from './pull-through.ts'
import { upstreamRefusal } from './upstream-refusal.ts'

/**
 * Begins to fetch a blob of an image that is on its way, or was when the server stopped; undefined when the
 * upstream has none either, or there is none to ask.
 *
 * @throws Refused RepositoryUnknown, UpstreamDenied, UpstreamThrottled, UpstreamUnavailable, UpstreamLoginMissing,
 *   StorageFull
 */
export async function pullLayer(domain: Domain, pull: Pull, digest: Digest): Promise<BlobImport | undefined> {
  const rule = await domain.database.read(async (tx) =>
    ruleToPullBy(tx, domain, pull, await findRepository(tx, pull.repository)),
  )
  if (!rule) return undefined
  const begun = importBlob(domain, await sourceOf(domain, pull.repository, rule), digest)
  try {
    await begun.begun
    return begun
  } catch (error) {
    if (error instanceof UpstreamError && error.failure === 'missing') return undefined
    throw upstreamRefusal(error)
  }
}

/**
 * The bytes of a blob that is being fetched, as fast as they come.
 *
 * @throws Refused as `upstreamRefusal` has it, before the last byte
 */
export async function* bytesOfImport(begun: BlobImport): AsyncGenerator<Uint8Array> {
  try {
    yield* begun.follow()
  } catch (error) {
    throw upstreamRefusal(error)
  }
}
