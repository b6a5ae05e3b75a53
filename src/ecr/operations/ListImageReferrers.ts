import { findRepository, inRepository } from '../../domain/domain.ts'
import { Refused } from '../../domain/errors.ts'
import { pullReferrers } from '../../domain/pull-referrers.ts'
import { parseDigest } from '../../rules/digest.ts'
import { operation } from '../operation.ts'
import { toldAs } from '../pull-images.ts'

/**
 * Lists what refers to an image as its subject: signatures, SBOMs, attestations. An image that is not here
 * has no referrers.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListImageReferrers.html
 */
export const ListImageReferrers = operation(
  'ListImageReferrers',
  async (input, { domain, caller, registry, page }) => {
    const { limit, position = 0, nextToken } = page<number>()
    const { artifactTypes, artifactStatus = 'ACTIVE' } = input.filter ?? {}
    const subject = parseDigest(input.subjectId.imageDigest)
    const reference = { registry, repositoryName: input.repositoryName }
    if (subject)
      await toldAs(
        (reason) =>
          new Refused('UpstreamReferrersFailed', {
            ...inRepository(reference),
            imageDigest: subject,
            reason,
          }),
        pullReferrers(domain, { caller, repository: reference }, subject),
      )
    const listed = await domain.database.read(async (tx) => {
      const repository = await findRepository(tx, reference)
      if (!subject) return []
      return tx.images.listReferrers(
        repository.id,
        subject,
        { artifactTypes, status: artifactStatus === 'ANY' ? undefined : artifactStatus },
        { after: position, limit: limit + 1 },
      )
    })

    const referrers = listed.slice(0, limit)
    return {
      referrers: referrers.map((image) => ({
        digest: image.digest,
        mediaType: image.mediaType,
        artifactType: image.artifactType,
        size: image.manifestBytes,
        annotations: image.annotations && { ...image.annotations },
        artifactStatus: image.status,
      })),
      nextToken: nextToken(listed.length > limit ? referrers.at(-1)?.id : undefined),
    }
  },
)
