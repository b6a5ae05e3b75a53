import { findRepository } from '../domain/domain.ts'
import { pullReferrers } from '../domain/pull-referrers.ts'
import { OCI_INDEX } from '../rules/media-types.ts'
import type { Image } from '../store/database.ts'
import { digestToFind, type Exchange, enter, linkTo, refuseMethod, sendJson } from './exchange.ts'

/** A page of referrers; an index of so many stays far below the bound of a manifest. */
const PAGE = 1000

/** The most that ListImageReferrers takes, which is behind this at ECR. */
const ECR_PAGE = 50

/**
 * end-12a, end-12b: an index of what has the digest as its subject, perhaps of one artifact type only. What
 * is not here has no referrers.
 */
export async function answerReferrers(exchange: Exchange, name: string, digestText: string): Promise<void> {
  const { domain, door, caller, query, request } = exchange
  if (request.method !== 'GET' && request.method !== 'HEAD') refuseMethod(exchange, 'GET, HEAD')
  const reference = await enter(exchange, 'ecr:BatchGetImage', name)
  const subject = digestToFind(exchange, digestText, 'imageDigest')
  const pageSize = door.wire === 'ecr' ? ECR_PAGE : PAGE
  const artifactType = query.get('artifactType') || undefined
  const after = Number(query.get('last')) || 0
  if (subject) await pullReferrers(domain, { caller, repository: reference }, subject)
  const listed = await domain.database.read(async (tx) => {
    const { id } = await findRepository(tx, reference)
    const filter = {
      artifactTypes: artifactType === undefined ? undefined : [artifactType],
      status: 'ACTIVE',
    } as const
    return subject ? tx.images.listReferrers(id, subject, filter, { after, limit: pageSize + 1 }) : []
  })

  const referrers = listed.slice(0, pageSize)
  const headers: Record<string, string> = {}
  if (artifactType !== undefined) headers['OCI-Filters-Applied'] = 'artifactType'
  if (listed.length > pageSize) {
    const next = { last: String(referrers.at(-1)?.id), ...(artifactType && { artifactType }) }
    headers.Link = `<${linkTo(exchange, `/v2/${name}/referrers/${subject}`, next)}>; rel="next"`
  }
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: referrers.map(descriptorOf) }
  sendJson(exchange, JSON.stringify(index), OCI_INDEX, headers)
}

function descriptorOf({ mediaType, digest, manifestBytes, artifactType, annotations }: Image): object {
  return { mediaType, digest, size: manifestBytes, artifactType, annotations }
}
