import { parseDigest } from '../rules/digest.ts'
import type { Image, Reads, Repository } from '../store/database.ts'
import type { NamedImage } from './errors.ts'
import { Refused } from './errors.ts'

/**
 * The image that a digest, a tag, or both name. With both, they must name the same one.
 *
 * @throws Refused ImageUnknown
 */
export async function findImage(tx: Reads, repository: Repository, named: NamedImage): Promise<Image> {
  const image = await lookUp(tx, repository.id, named)
  if (!image) throw imageUnknown(repository, named)
  return image
}

/**
 * The image that somebody pulls, which one in the archive can't be.
 *
 * @throws Refused ImageUnknown, ImageInaccessible
 */
export async function findImageToPull(tx: Reads, repository: Repository, named: NamedImage): Promise<Image> {
  const image = await findImage(tx, repository, named)
  if (image.status === 'ACTIVE') return image
  const { registry, name } = repository
  throw new Refused('ImageInaccessible', {
    registryId: registry.accountId,
    repositoryName: name,
    ...named,
  })
}

/** The refusal for an image that is not there. */
function imageUnknown(repository: Repository, { imageDigest, imageTag }: NamedImage): Refused {
  return new Refused('ImageUnknown', {
    registryId: repository.registry.accountId,
    repositoryName: repository.name,
    imageDigest,
    imageTag,
  })
}

async function lookUp(
  tx: Reads,
  repositoryId: number,
  { imageDigest, imageTag }: NamedImage,
): Promise<Image | undefined> {
  if (imageTag !== undefined) {
    const tagged = await tx.images.findByTag(repositoryId, imageTag)
    return imageDigest === undefined || tagged?.digest === imageDigest ? tagged : undefined
  }
  const digest = imageDigest === undefined ? undefined : parseDigest(imageDigest)
  return digest && tx.images.findByDigest(repositoryId, digest)
}
