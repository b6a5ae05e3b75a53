import { type Digest, parseDigest } from '../rules/digest.ts'
import { readManifest } from '../rules/manifest.ts'
import { partitionOf, type Registry, registryKey, repositoryArn } from '../rules/registry.ts'
import { isTagMutable } from '../rules/tag-mutability.ts'
import type { Image, Reads, ReplicationStatus, Repository, Writes } from '../store/database.ts'
import { isAllowed } from './authorize.ts'
import { createRepositoryFor } from './create-repository.ts'
import { type Domain, findRepository } from './domain.ts'
import { isRefused } from './errors.ts'
import { emit, emitImageAction } from './events.ts'
import type { JobPayloads } from './jobs.ts'
import { checkQuotas } from './push-manifest.ts'
import { readManifestOf } from './read-manifest.ts'
import { scanOnPush } from './request-scan.ts'
import { activateImage } from './storage-class.ts'

/** A repository here and a registry that gets what is in it. */
export interface Route {
  readonly source: Registry
  readonly repositoryName: string
  readonly destination: Registry
}

/** An image, and the tag under which it comes. */
interface NamedCopy {
  readonly digest: Digest
  readonly tag?: string | undefined
}

/** What became of a replication. Codes are a guess: the model says no more than that there are some. */
export type Outcome =
  | { readonly status: 'COMPLETE' }
  | {
      readonly status: 'FAILED'
      readonly failureCode: string
      /** Each code of the images that an index names once. */
      readonly subImageFailureCodes?: readonly string[] | undefined
    }

/** A replication that can't be; trying again would not help. */
class Unreplicable extends Error {
  override readonly name = 'Unreplicable'
  readonly failureCode: string

  constructor(failureCode: string) {
    super(failureCode)
    this.failureCode = failureCode
  }
}

/** The code of what nobody foresaw. */
export const INTERNAL_ERROR = 'InternalError'

/**
 * Brings an image to another registry of this server: first what it names as an index, then itself. Bytes are
 * shared, so that only rows are copied. Done again it changes nothing. The tag comes along as long as it is the
 * image's here, and where it is not immutable there.
 *
 * @param done images that need not be visited again; those that are visited are noted here
 */
export async function replicateImage(
  domain: Domain,
  route: Route,
  image: NamedCopy,
  done = new Map<Digest, Outcome>(),
): Promise<Outcome> {
  const { digest } = image
  const subImageFailureCodes = new Set<string>()
  for (const child of await domain.database.read((tx) => childrenOf(tx, route, digest))) {
    const outcome = done.get(child) ?? (await replicateImage(domain, route, { digest: child }, done))
    if (outcome.status === 'FAILED') subImageFailureCodes.add(outcome.failureCode)
  }
  const outcome =
    subImageFailureCodes.size > 0
      ? await fail(domain, route, image, 'ReferencedImagesNotFound', [...subImageFailureCodes])
      : await copyOrFail(domain, route, image)
  done.set(digest, outcome)
  return outcome
}

/** The job of one image for one destination. What refers to the image comes after it. */
export async function replicatePush(
  domain: Domain,
  source: Registry,
  { repositoryName, destination, imageDigest, imageTag }: JobPayloads['replicateImage'],
): Promise<void> {
  const digest = parseDigest(imageDigest)
  if (!digest) return
  const route = { source, repositoryName, destination }
  const done = new Map<Digest, Outcome>()
  await replicateImage(domain, route, { digest, tag: imageTag }, done)
  // Grows while it goes: what refers to a referrer comes too.
  for (const subject of done.keys())
    for await (const referrer of referrersOf(domain, route, subject))
      if (!done.has(referrer)) await replicateImage(domain, route, { digest: referrer }, done)
}

/** What is left to do when the job failed too often: perhaps only for what refers to the image. */
export async function giveUpPush(
  tx: Writes,
  domain: Domain,
  source: Registry,
  { repositoryName, destination, imageDigest, imageTag }: JobPayloads['replicateImage'],
): Promise<void> {
  const digest = parseDigest(imageDigest)
  const route = { source, repositoryName, destination }
  const { image } = digest ? await findSource(tx, route, digest) : {}
  const statuses = image ? await tx.replicationStatuses.ofImage(image.id) : []
  const own = statuses.find((status) => registryKey(status.destination) === registryKey(destination))
  if (digest && own?.status === 'IN_PROGRESS')
    await noteFailure(tx, domain, route, { digest, tag: imageTag }, INTERNAL_ERROR)
}

async function copyOrFail(domain: Domain, route: Route, image: NamedCopy): Promise<Outcome> {
  try {
    await domain.database.write((tx) => copyImage(tx, domain, route, image))
    return { status: 'COMPLETE' }
  } catch (error) {
    const code = failureCodeOf(error)
    if (code === undefined) throw error
    return fail(domain, route, image, code)
  }
}

/** Undefined for what may go better another time. */
function failureCodeOf(error: unknown): string | undefined {
  if (error instanceof Unreplicable) return error.failureCode
  return isRefused(error, 'QuotaExceeded') ? 'LimitExceeded' : undefined
}

async function copyImage(
  tx: Writes,
  domain: Domain,
  route: Route,
  { digest, tag }: NamedCopy,
): Promise<void> {
  const { repository: from, image } = await findSource(tx, route, digest)
  // What was deleted in the meantime need not be brought any more.
  if (!from || !image) throw new Unreplicable('ImageNotFound')
  const to = await repositoryAt(tx, domain, route)
  const before = await tx.images.findByDigest(to.id, digest)
  const isTaken = tag !== undefined && (await takesTag(tx, from, image, to, tag))
  const copied = before ?? (await insertCopy(tx, domain, from, image, to))
  if (isTaken) {
    checkQuotas(domain, to, copied, tag)
    await tx.images.tag(copied, tag)
  }
  // ECR user guide, "Archiving an image".
  if (before && before.status !== 'ACTIVE') await activateImage(tx, domain, to, before, domain.clock.now())

  await tx.replicationStatuses.put(image.id, { destination: route.destination, status: 'COMPLETE' })
  if (before && !isTaken) return
  const imageTag = isTaken ? tag : undefined
  await emitImageAction(tx, domain, to, copied, { 'action-type': 'PUSH', 'image-tag': imageTag })
  // It is signed by nobody there, as nobody pushed it; that it is scanned is a guess.
  await scanOnPush(tx, domain, to, copied)
  await emitReplication(tx, domain, route, { digest, tag: imageTag }, 'SUCCESS')
}

/** @throws Unreplicable, Refused QuotaExceeded */
async function repositoryAt(tx: Writes, domain: Domain, route: Route): Promise<Repository> {
  const { destination: registry, repositoryName } = route
  if (!(await mayReplicate(tx, domain, route, 'ecr:ReplicateImage'))) throw new Unreplicable('AccessDenied')
  const repository = await tx.repositories.find(registry, repositoryName)
  if (repository) return repository
  if (!(await mayReplicate(tx, domain, route, 'ecr:CreateRepository'))) throw new Unreplicable('AccessDenied')
  await createRepositoryFor(tx, domain, { registry, repositoryName }, 'REPLICATION')
  return findRepository(tx, { registry, repositoryName })
}

/**
 * Another account lets replication in by its registry policy (ECR user guide, "Private registry permissions"),
 * to which the role appears that ECR takes on for it in the source account.
 */
export async function mayReplicate(
  tx: Reads,
  { clock }: Domain,
  { source, destination, repositoryName }: Route,
  action: 'ecr:ReplicateImage' | 'ecr:CreateRepository',
): Promise<boolean> {
  const role = 'aws-service-role/replication.ecr.amazonaws.com/AWSServiceRoleForECRReplication'
  const principalArn = `arn:${partitionOf(source.region)}:iam::${source.accountId}:role/${role}`
  const caller = { accountId: source.accountId, principalArn }
  return isAllowed(tx, { caller, action, registry: destination, repositoryName, now: clock.now() })
}

/**
 * Whether a tag is still the image's here, is not yet there, and may be moved there: an immutable one stays
 * (ECR user guide, "Private image replication").
 */
async function takesTag(
  tx: Reads,
  from: Repository,
  image: Image,
  to: Repository,
  tag: string,
): Promise<boolean> {
  if ((await tx.images.findByTag(from.id, tag))?.id !== image.id) return false
  const holder = await tx.images.findByTag(to.id, tag)
  if (!holder) return true
  return holder.digest !== image.digest && isTagMutable(tag, to.imageTagMutability, to.exclusionFilters)
}

async function insertCopy(
  tx: Writes,
  domain: Domain,
  from: Repository,
  image: Image,
  to: Repository,
): Promise<Image> {
  checkQuotas(domain, to, undefined, undefined)
  const now = domain.clock.now()
  const { bytes, mediaType } = await readManifestOf(tx, image)
  const { blobs, children } = readManifest(bytes, mediaType)
  for (const { digest } of blobs) {
    const layer = await tx.layers.find(from.id, digest)
    // A foreign layer need not be here either.
    if (layer) await tx.layers.link(to.id, { digest, sizeInBytes: layer.sizeInBytes, linkedAt: now })
  }
  const { artifactType, manifestBytes, sizeInBytes, subject, annotations } = image
  return tx.images.insert(
    {
      repositoryId: to.id,
      digest: image.digest,
      mediaType,
      artifactType,
      manifestBytes,
      sizeInBytes,
      subject,
      annotations,
      pushedAt: now,
    },
    { manifest: bytes, blobs, children },
  )
}

async function fail(
  domain: Domain,
  route: Route,
  image: NamedCopy,
  failureCode: string,
  subImageFailureCodes?: readonly string[],
): Promise<Outcome> {
  await domain.database.write((tx) => noteFailure(tx, domain, route, image, failureCode))
  return { status: 'FAILED', failureCode, subImageFailureCodes }
}

async function noteFailure(
  tx: Writes,
  domain: Domain,
  route: Route,
  named: NamedCopy,
  failureCode: string,
): Promise<void> {
  const { image } = await findSource(tx, route, named.digest)
  if (!image) return
  const status: ReplicationStatus = { destination: route.destination, status: 'FAILED', failureCode }
  await tx.replicationStatuses.put(image.id, status)
  await emitReplication(tx, domain, route, named, 'FAILED')
}

/** ECR tells the destination's registry (user guide, "Sample events"). */
function emitReplication(
  tx: Writes,
  domain: Domain,
  { source, destination, repositoryName }: Route,
  { digest, tag }: NamedCopy,
  result: 'SUCCESS' | 'FAILED',
): Promise<void> {
  return emit(tx, domain, destination, {
    detailType: 'ECR Replication Action',
    resources: [repositoryArn(destination, repositoryName)],
    detail: {
      result,
      'repository-name': repositoryName,
      'image-digest': digest,
      'source-account': source.accountId,
      'action-type': 'REPLICATE',
      'source-region': source.region,
      'image-tag': tag,
    },
  })
}

async function findSource(
  tx: Reads,
  { source, repositoryName }: Route,
  digest: Digest,
): Promise<{ repository: Repository | undefined; image: Image | undefined }> {
  const repository = await tx.repositories.find(source, repositoryName)
  return { repository, image: repository && (await tx.images.findByDigest(repository.id, digest)) }
}

async function childrenOf(tx: Reads, route: Route, digest: Digest): Promise<readonly Digest[]> {
  const { image } = await findSource(tx, route, digest)
  if (!image) return []
  const { bytes, mediaType } = await readManifestOf(tx, image)
  return readManifest(bytes, mediaType).children
}

const PAGE = 100

/** What refers to an image here, of what can be pulled. */
async function* referrersOf(domain: Domain, route: Route, subject: Digest): AsyncGenerator<Digest> {
  let after = 0
  for (;;) {
    const page = await domain.database.read(async (tx) => {
      const { repository, image } = await findSource(tx, route, subject)
      if (!repository || !image) return []
      return tx.images.listReferrers(repository.id, subject, { status: 'ACTIVE' }, { after, limit: PAGE })
    })
    for (const { digest } of page) yield digest
    if (page.length < PAGE) return
    after = page.at(-1)?.id ?? after
  }
}
