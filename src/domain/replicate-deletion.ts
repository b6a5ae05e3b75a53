import { parseDigest } from '../rules/digest.ts'
import type { Registry } from '../rules/registry.ts'
import { removeImage } from './delete-image.ts'
import type { Domain } from './domain.ts'
import { emitImageAction } from './events.ts'
import type { JobPayloads } from './jobs.ts'
import { mayReplicate } from './replication-route.ts'

/**
 * Takes from another registry of this server what was deleted here: a tag, or an image with all its tags. What
 * was pushed here again meanwhile stays there, and so does an image that an index there names (guess).
 */
export async function replicateDeletion(
  domain: Domain,
  source: Registry,
  { repositoryName, destination, imageDigest, imageTag }: JobPayloads['replicateDeletion'],
): Promise<void> {
  const digest = parseDigest(imageDigest)
  if (!digest) return
  await domain.database.write(async (tx) => {
    const from = await tx.repositories.find(source, repositoryName)
    const to = await tx.repositories.find(destination, repositoryName)
    const image = to && (await tx.images.findByDigest(to.id, digest))
    if (!to || !image) return
    const route = { source, repositoryName, destination }
    if (!(await mayReplicate(tx, domain, route, 'ecr:ReplicateImage'))) return

    if (imageTag === undefined) {
      if (from && (await tx.images.findByDigest(from.id, digest))) return
      if ((await tx.images.parentsOf(to.id, digest)).length > 0) return
      await removeImage(tx, domain, to, image)
      return
    }
    if (from && (await tx.images.findByTag(from.id, imageTag))?.digest === digest) return
    if ((await tx.images.findByTag(to.id, imageTag))?.id !== image.id) return
    await tx.images.untag(to.id, imageTag)
    await emitImageAction(tx, domain, to, image, { 'action-type': 'DELETE', 'image-tag': imageTag })
  })
}
