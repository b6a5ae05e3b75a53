import { cancelUpload } from '../domain/cancel-upload.ts'
import { Refused } from '../domain/errors.ts'
import type { UploadReference } from '../domain/find-upload.ts'
import { mountBlob, ownersOf } from '../domain/mount-blob.ts'
import { startUpload } from '../domain/start-upload.ts'
import {
  algorithmOf,
  type Digest,
  type DigestAlgorithm,
  digestAlgorithms,
  isDigestAlgorithm,
  parseDigest,
} from '../rules/digest.ts'
import { isRepositoryName } from '../rules/names.ts'
import { RegistryError } from './errors.ts'
import { digestToPush, type Exchange, enter, may, refuseMethod } from './exchange.ts'
import { APPEND, BEGIN, bodyOf, END, finish, sendCreated, sendProgress } from './upload.ts'

/** end-4a, end-4b, end-4c, end-11: opens an upload, takes a whole blob at once, or mounts one. */
export async function answerUploads(exchange: Exchange, name: string): Promise<void> {
  const { domain, door, request, query } = exchange
  if (request.method !== 'POST') refuseMethod(exchange, 'POST')
  // ECR is not known to take a whole blob at once.
  const digestText = door.wire === 'ecr' ? null : query.get('digest')
  const reference = await enter(exchange, digestText === null ? BEGIN : [BEGIN, APPEND, END], name)
  // Refused before an upload is opened: nobody would ever complete it.
  const digest = digestText === null ? undefined : digestToPush(exchange, digestText, 'layerDigest')
  const digestAlgorithm = digest ? algorithmOf(digest) : announcedAlgorithm(exchange)

  const mounted = await mount(exchange, name)
  if (mounted) return sendCreated(exchange, name, mounted)
  const uploadId = await startUpload(domain, reference, exchange.caller, digestAlgorithm)
  const upload = { registry: reference.registry, repositoryName: name, uploadId }
  if (digest === undefined) {
    request.resume()
    return sendProgress(exchange, 202, upload, 0)
  }
  try {
    await finish(exchange, upload, digest, { ...bodyOf(request), digestAlgorithm })
  } catch (error) {
    await forget(exchange, upload)
    throw error
  }
}

/** end-4c: by what the digest will be that chunks are to have, so that they are hashed as they come. */
function announcedAlgorithm({ door, query }: Exchange): DigestAlgorithm | undefined {
  const algorithm = query.get('digest-algorithm')
  if (algorithm === null || door.wire === 'ecr') return undefined
  if (isDigestAlgorithm(algorithm)) return algorithm
  const message = `The digest algorithm '${algorithm}' is none of ${digestAlgorithms.join(', ')}`
  throw new RegistryError('DIGEST_INVALID', 400, message)
}

/** end-11; a mount that can't be made is an upload that begins, never an error. */
async function mount(exchange: Exchange, name: string): Promise<Digest | undefined> {
  const { domain, door, registry, query } = exchange
  const digest = parseDigest(query.get('mount') ?? '')
  if (!digest) return undefined
  const into = { registry, repositoryName: name }
  // Only ECR has the setting that turns mounting on.
  const asEcr = door.wire === 'ecr'
  for (const from of await sourcesOf(exchange, digest)) {
    const source = { registry, repositoryName: from }
    if (!(await may(exchange, 'ecr:GetDownloadUrlForLayer', source))) continue
    if (await mountBlob(domain, into, digest, from, exchange.caller, { asEcr })) return digest
  }
  return undefined
}

/** Where a mount may come from: the repository that it names, or else whichever has the blob, but not at ECR. */
async function sourcesOf({ domain, door, registry, query }: Exchange, digest: Digest): Promise<string[]> {
  const from = query.get('from')
  if (from !== null) return isRepositoryName(from) ? [from] : []
  return door.wire === 'ecr' ? [] : ownersOf(domain, registry, digest)
}

/** Cancels an upload that the client never learnt of; it may have ended already. */
async function forget({ domain }: Exchange, upload: UploadReference): Promise<void> {
  await cancelUpload(domain, upload).catch((error: unknown) => {
    if (!(error instanceof Refused)) throw error
  })
}
