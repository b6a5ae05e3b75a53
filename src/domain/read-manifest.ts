import type { ManifestBytes } from '../rules/convert-manifest.ts'
import type { Image, Reads } from '../store/database.ts'

/** The manifest of an image as it was pushed. */
export async function readManifestOf(tx: Reads, image: Image): Promise<ManifestBytes> {
  const bytes = await tx.images.manifest(image.digest)
  if (!bytes) throw new Error(`The manifest ${image.digest} of an image is missing`)
  return { bytes, mediaType: image.mediaType }
}
