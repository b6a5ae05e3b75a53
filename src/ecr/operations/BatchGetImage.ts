import { findRepository } from '../../domain/domain.ts'
import { Refused } from '../../domain/errors.ts'
import { recordPull } from '../../domain/pull-times.ts'
import { readManifestsOf } from '../../domain/read-manifest.ts'
import { translateManifest } from '../../domain/translate-manifest.ts'
import type { Image, ImageIdentifier } from '../../generated/ecr/types.ts'
import type { ManifestBytes } from '../../rules/convert-manifest.ts'
import type { FoundImage } from '../../store/database.ts'
import { findEach, imageFailure } from '../image-failures.ts'
import { operation } from '../operation.ts'
import { pullImages } from '../pull-images.ts'

/** More would not fit into memory: an image by digest comes as often as it has tags. ECR's own bound is not known. */
const MAX_BYTES = 64 * 1024 * 1024

/**
 * Answers manifests: for a tag in a format that the caller accepts where ECR can translate, for a digest
 * always as it was pushed. An image that is asked for by digest comes once for each of its tags.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html
 */
export const BatchGetImage = operation('BatchGetImage', async (input, { domain, caller, registry }) => {
  const { repositoryName, acceptedMediaTypes = [] } = input
  const reference = { registry, repositoryName }
  const stored: StoredImage[] = []
  const pulled: FoundImage[] = []
  const { imageIds, failures } = await pullImages(domain, { caller, repository: reference }, input.imageIds)
  if (imageIds.length === 0) return { images: [], failures }
  await domain.database.read(async (tx) => {
    const repository = await findRepository(tx, reference)
    const asked: { imageId: ImageIdentifier; image: FoundImage }[] = []
    for (const { imageId, found } of await findEach(tx, repository, imageIds)) {
      if ('failure' in found) failures.push(found.failure)
      else if (found.image.status !== 'ACTIVE') failures.push(imageFailure(imageId, 'ImageInaccessible'))
      else asked.push({ imageId, image: found.image })
    }
    pulled.push(...asked.map(({ image }) => image))
    const byDigest = asked.filter(({ imageId }) => imageId.imageTag === undefined)
    const allTags = await tx.images.tagsOfAll(byDigest.map(({ image }) => image.id))
    const tagsOf = ({ imageId, image }: (typeof asked)[number]) =>
      imageId.imageTag === undefined ? (allTags.get(image.id) ?? [undefined]) : [imageId.imageTag]
    let byteCount = 0
    for (const each of asked) byteCount += each.image.manifestBytes * tagsOf(each).length
    // Before they are read: a hundred manifests of 4 MiB each would not fit either.
    if (byteCount > MAX_BYTES)
      throw new Refused('QuotaExceeded', { quota: 'bytes of manifests in one answer', limit: MAX_BYTES })
    const manifests = await readManifestsOf(tx, pulled)
    for (const each of asked) {
      const { imageDigest } = each.imageId
      const manifest = manifests.get(each.image.digest) as ManifestBytes
      const accepted = imageDigest === undefined ? acceptedMediaTypes : []
      for (const imageTag of tagsOf(each))
        stored.push({ imageId: { imageDigest: each.image.digest, imageTag }, manifest, accepted })
    }
  })

  const images: Image[] = []
  for (const { imageId, manifest, accepted } of stored) {
    const named = { name: repositoryName, tag: imageId.imageTag ?? '' }
    const { bytes, mediaType } = await translateManifest(domain, manifest, accepted, named)
    images.push({
      registryId: registry.accountId,
      repositoryName,
      imageId,
      imageManifest: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'),
      imageManifestMediaType: mediaType,
    })
  }
  recordPull(domain, caller, registry, pulled)
  return { images, failures }
})

interface StoredImage {
  readonly imageId: ImageIdentifier
  readonly manifest: ManifestBytes
  /** Types into which it may be translated: none for what was asked for by digest. */
  readonly accepted: readonly string[]
}
