import { Refused } from '../../domain/errors.ts'
import { pushManifest } from '../../domain/push-manifest.ts'
import { operation } from '../operation.ts'

/**
 * Stores a manifest, with a tag or without, once its layers and the images that it refers to are here. Its
 * digest is that of the text as it was sent.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html
 */
export const PutImage = operation('PutImage', async (input, { domain, caller, registry }) => {
  const { repositoryName, imageManifest, imageTag } = input
  // JSON can escape half of a character, which no UTF-8 has: what was stored would not be what was sent (guess).
  if (/\p{Cs}/u.test(imageManifest)) throw new Refused('ManifestInvalid', { reason: 'Invalid JSON syntax' })

  const image = await pushManifest(
    domain,
    { registry, repositoryName },
    {
      bytes: Buffer.from(imageManifest),
      mediaType: input.imageManifestMediaType,
      tag: imageTag,
      digest: input.imageDigest,
      existing: 'refuse',
      pusher: caller,
    },
  )

  return {
    image: {
      registryId: registry.accountId,
      repositoryName,
      imageId: { imageDigest: image.digest, imageTag },
      imageManifest,
      imageManifestMediaType: image.mediaType,
    },
  }
})
