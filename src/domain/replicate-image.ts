import type { Digest } from '../rules/digest.ts'
import { readManifest } from '../rules/manifest.ts'
import type { Reads, ReplicationStatus, Writes } from '../store/database.ts'
import { copyImage, Unreplicable } from './copy-image.ts'
import type { Domain } from './domain.ts'
import { isRefused } from './errors.ts'
import { readManifestOf } from './read-manifest.ts'
import { emitReplication } from './replication-event.ts'
import { findSource, type NamedCopy, type Route } from './replication-route.ts'

/** What became of a replication. Codes are a guess: the model says no more than that there are some. */
export type Outcome =
  | { readonly status: 'COMPLETE' }
  | {
      readonly status: 'FAILED'
      readonly failureCode: string
      /** Each code of the images that an index names once. */
      readonly subImageFailureCodes?: readonly string[] | undefined
    }

/**
 * Brings an image to another registry of this server: first what it names as an index, then itself. Bytes are
 * shared, so that only rows are copied. Done again it changes nothing. The tag comes along as long as it is the
 * image's here, and where it is not immutable there.
 *
 * @param done images that need not be visited again; those that are visited are noted here
 */
export async function replicateImage(
  domain: Domain,
  route: Route,
  image: NamedCopy,
  done = new Map<Digest, Outcome>(),
): Promise<Outcome> {
  const { digest } = image
  const subImageFailureCodes = new Set<string>()
  for (const child of await domain.database.read((tx) => childrenOf(tx, route, digest))) {
    const outcome = done.get(child) ?? (await replicateImage(domain, route, { digest: child }, done))
    if (outcome.status === 'FAILED') subImageFailureCodes.add(outcome.failureCode)
  }
  const outcome =
    subImageFailureCodes.size > 0
      ? await fail(domain, route, image, 'ReferencedImagesNotFound', [...subImageFailureCodes])
      : await copyOrFail(domain, route, image)
  done.set(digest, outcome)
  return outcome
}

async function copyOrFail(domain: Domain, route: Route, image: NamedCopy): Promise<Outcome> {
  try {
    await domain.database.write((tx) => copyImage(tx, domain, route, image))
    return { status: 'COMPLETE' }
  } catch (error) {
    const code = failureCodeOf(error)
    if (code === undefined) throw error
    return fail(domain, route, image, code)
  }
}

/** Undefined for what may go better another time. */
function failureCodeOf(error: unknown): string | undefined {
  if (error instanceof Unreplicable) return error.failureCode
  return isRefused(error, 'QuotaExceeded') ? 'LimitExceeded' : undefined
}

async function fail(
  domain: Domain,
  route: Route,
  image: NamedCopy,
  failureCode: string,
  subImageFailureCodes?: readonly string[],
): Promise<Outcome> {
  await domain.database.write((tx) => noteFailure(tx, domain, route, image, failureCode))
  return { status: 'FAILED', failureCode, subImageFailureCodes }
}

/** Tells the source's status, and the destination, that an image has not arrived. */
export async function noteFailure(
  tx: Writes,
  domain: Domain,
  route: Route,
  named: NamedCopy,
  failureCode: string,
): Promise<void> {
  const { image } = await findSource(tx, route, named.digest)
  if (!image) return
  const status: ReplicationStatus = { destination: route.destination, status: 'FAILED', failureCode }
  await tx.replicationStatuses.put(image.id, status)
  await emitReplication(tx, domain, route, named, 'FAILED')
}

async function childrenOf(tx: Reads, route: Route, digest: Digest): Promise<readonly Digest[]> {
  const { image } = await findSource(tx, route, digest)
  if (!image) return []
  const { bytes, mediaType } = await readManifestOf(tx, image)
  return readManifest(bytes, mediaType).children
}
