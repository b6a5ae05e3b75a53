import type { ManifestBytes } from '../rules/convert-manifest.ts'
import type { Digest } from '../rules/digest.ts'
import type { Image, Reads } from '../store/database.ts'

/** The manifest of an image as it was pushed. */
export async function readManifestOf(tx: Reads, image: Image): Promise<ManifestBytes> {
  const bytes = await tx.images.manifest(image.id)
  if (!bytes) throw missing(image.digest)
  return { bytes, mediaType: image.mediaType }
}

/** The manifests of several images of one repository, by digest, as they were pushed. */
export async function readManifestsOf(
  tx: Reads,
  images: readonly Pick<Image, 'id' | 'digest' | 'mediaType'>[],
): Promise<Map<Digest, ManifestBytes>> {
  const contents = await tx.images.manifests(images.map(({ id }) => id))
  const manifests = new Map<Digest, ManifestBytes>()
  for (const { id, digest, mediaType } of images) {
    const bytes = contents.get(id)
    if (!bytes) throw missing(digest)
    manifests.set(digest, { bytes, mediaType })
  }
  return manifests
}

function missing(digest: Digest): Error {
  return new Error(`The manifest ${digest} of an image is missing`)
}
