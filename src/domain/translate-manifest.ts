import { buffer } from 'node:stream/consumers'
import { conversionFor, convertManifest, imageParts, type ManifestBytes } from '../rules/convert-manifest.ts'
import type { Digest } from '../rules/digest.ts'
import { DOCKER_MANIFEST_V1, DOCKER_MANIFEST_V1_SIGNED } from '../rules/media-types.ts'
import { schema1Of } from '../rules/schema-1.ts'
import { printSchema1, signSchema1 } from '../rules/schema-1-signature.ts'
import type { Domain } from './domain.ts'

/**
 * A manifest that was asked for by tag, translated for a caller who does not accept its type where ECR can
 * (fidelity: old user guide, "Image manifest formats"), else as it was pushed. Reads the config's bytes for
 * schema 1: not for use inside a transaction.
 *
 * @param accepted media types; none accepts everything
 */
export async function translateManifest(
  domain: Domain,
  stored: ManifestBytes,
  accepted: readonly string[],
  named: { readonly name: string; readonly tag: string },
): Promise<ManifestBytes> {
  const mediaType = conversionFor(stored.mediaType, accepted)
  if (mediaType === undefined) return stored
  try {
    const isSchema1 = mediaType === DOCKER_MANIFEST_V1 || mediaType === DOCKER_MANIFEST_V1_SIGNED
    if (!isSchema1) return convertManifest(stored, mediaType) ?? stored
    return (await toSchema1(domain, stored, mediaType, named)) ?? stored
  } catch (error) {
    // JSON can be read that is nested too deep to be written.
    if (error instanceof RangeError) return stored
    throw error
  }
}

async function toSchema1(
  { blobs, manifestKey, clock }: Domain,
  stored: ManifestBytes,
  mediaType: string,
  named: { readonly name: string; readonly tag: string },
): Promise<ManifestBytes | undefined> {
  const parts = imageParts(stored)
  const config = parts && (await readConfig(blobs, parts.config))
  const manifest = config && schema1Of(named, parts.layers, config)
  if (!manifest) return undefined
  const isSigned = mediaType === DOCKER_MANIFEST_V1_SIGNED
  const text = isSigned ? signSchema1(manifest, manifestKey, clock.now()) : printSchema1(manifest)
  return { bytes: Buffer.from(text), mediaType }
}

/** Far above what any builder writes; a call may have a hundred configs read, one after the other. */
const MAX_CONFIG_BYTES = 512 * 1024

/** A config that is here and of a sane size. */
async function readConfig(blobs: Domain['blobs'], digest: Digest): Promise<Buffer | undefined> {
  if (((await blobs.size(digest)) ?? 0) > MAX_CONFIG_BYTES) return undefined
  const bytes = await blobs.read(digest)
  return bytes && buffer(bytes)
}
