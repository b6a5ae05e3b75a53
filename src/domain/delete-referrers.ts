import { parseDigest } from '../rules/digest.ts'
import type { Registry } from '../rules/registry.ts'
import { removeImage } from './delete-image.ts'
import type { Domain } from './domain.ts'

const PAGE = 100

/**
 * Removes what refers to an image that was deleted, and what refers to that in turn (ECR user guide: within
 * 24 hours after the subject). A subject that was pushed again meanwhile keeps its referrers, and so do
 * those that an index names.
 */
export async function deleteReferrers(
  domain: Domain,
  registry: Registry,
  { repositoryName, subject }: { repositoryName: string; subject: string },
): Promise<void> {
  const digest = parseDigest(subject)
  if (!digest) return
  await domain.database.write(async (tx) => {
    const repository = await tx.repositories.find(registry, repositoryName)
    if (!repository || (await tx.images.findByDigest(repository.id, digest))) return
    let after = 0
    for (;;) {
      const page = await tx.images.listReferrers(repository.id, digest, {}, { after, limit: PAGE })
      for (const referrer of page) {
        const parents = await tx.images.parentsOf(repository.id, referrer.digest)
        if (parents.length === 0) await removeImage(tx, domain, repository, referrer)
      }
      if (page.length < PAGE) return
      after = page.at(-1)?.id ?? after
    }
  })
}
