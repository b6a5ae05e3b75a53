import { conversionFor, convertManifest, type ManifestBytes } from '../rules/convert-manifest.ts'
import type { Image, Reads } from '../store/database.ts'

/**
 * The manifest of an image as it was pushed, or translated for a caller who does not accept its type.
 *
 * @param accepted media types; none accepts everything
 */
export async function readManifestOf(
  tx: Reads,
  image: Image,
  accepted: readonly string[],
): Promise<ManifestBytes> {
  const bytes = await tx.images.manifest(image.digest)
  if (!bytes) throw new Error(`The manifest ${image.digest} of an image is missing`)
  const stored = { bytes, mediaType: image.mediaType }
  const to = conversionFor(image.mediaType, accepted)
  return (to && convertManifest(stored, to)) || stored
}
