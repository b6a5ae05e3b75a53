import { parseDigest } from '../rules/digest.ts'
import { readManifest } from '../rules/manifest.ts'
import { isIndexMediaType } from '../rules/media-types.ts'
import type { Registry } from '../rules/registry.ts'
import type { Image, ImageStatus, Reads, Repository, Writes } from '../store/database.ts'
import type { Domain } from './domain.ts'
import { Refused } from './errors.ts'
import { emitImageAction } from './events.ts'
import { enqueue, type JobPayloads } from './jobs.ts'
import { readManifestOf } from './read-manifest.ts'
import { requestReplication } from './replication.ts'
import { scanOnPush } from './request-scan.ts'

/** ECR takes up to 20 minutes. */
const ACTIVATION_MILLISECONDS = 60 * 1000

const PAGE = 100

/**
 * Moves an image to the archive, or begins to bring it back, and answers with its status. What is where it shall
 * be, or on its way there, stays so (guess).
 *
 * @throws Refused StorageClassNotSupported
 */
export async function updateStorageClass(
  tx: Writes,
  domain: Domain,
  repository: Repository,
  image: Image,
  target: 'STANDARD' | 'ARCHIVE',
): Promise<ImageStatus> {
  const reason = await whyNot(tx, repository, image, target)
  if (reason)
    throw new Refused('StorageClassNotSupported', {
      registryId: repository.registry.accountId,
      repositoryName: repository.name,
      imageDigest: image.digest,
      reason,
    })
  if (target === 'ARCHIVE') {
    await archiveImage(tx, domain, repository, image)
    return 'ARCHIVED'
  }
  if (image.status !== 'ARCHIVED') return image.status
  const activatedAt = domain.clock.now() + ACTIVATION_MILLISECONDS
  // Each has a job of its own, as any may be deleted meanwhile: the first one brings back what is left to it.
  for (const one of await restoredWith(tx, image)) {
    await tx.images.setStatus(one.id, 'ACTIVATING', activatedAt)
    await enqueue(tx, domain, 'activateImage', {
      registry: repository.registry,
      payload: { repositoryName: repository.name, imageDigest: one.digest, activatedAt },
      dueAt: activatedAt,
    })
  }
  return 'ACTIVATING'
}

/** Cases: guess, by what the exception of the model is called and what the user guide says of referrers. */
async function whyNot(
  tx: Reads,
  { id }: Repository,
  { subject, digest, status }: Image,
  target: 'STANDARD' | 'ARCHIVE',
): Promise<string | undefined> {
  const followed = subject && (await tx.images.findByDigest(id, subject))
  if (followed && (target === 'ARCHIVE' || followed.status !== 'ACTIVE'))
    return 'it refers to another image, whose storage class it follows'
  if (target === 'STANDARD') return undefined
  if (status === 'ACTIVATING') return 'it is being restored'
  for (const parent of await tx.images.parentsOf(id, digest))
    if ((await tx.images.findByDigest(id, parent))?.status !== 'ARCHIVED')
      return 'an image index that is not archived refers to it'
  return undefined
}

/** Moves an active image to the archive, with whatever refers to it. */
export async function archiveImage(
  tx: Writes,
  domain: Domain,
  repository: Repository,
  image: Image,
): Promise<void> {
  const isActive = ({ status }: Image): boolean => status === 'ACTIVE'
  for (const one of await reach(image, isActive, (subject) => referrersOf(tx, subject))) {
    await tx.images.setStatus(one.id, 'ARCHIVED', domain.clock.now())
    await tell(tx, domain, repository, one, { 'target-storage-class': 'ARCHIVE' })
  }
}

/**
 * Has an image back from the archive, with whatever refers to it, and with what it names as an index: an index
 * can be pulled whole (guess).
 *
 * @param at epoch milliseconds
 */
export async function activateImage(
  tx: Writes,
  domain: Domain,
  repository: Repository,
  image: Image,
  at: number,
): Promise<void> {
  for (const one of await restoredWith(tx, image)) {
    await tx.images.setStatus(one.id, 'ACTIVE', at)
    const lastActivatedAt = new Date(at).toISOString()
    const members = { 'target-storage-class': 'STANDARD', 'last-activated-at': lastActivatedAt }
    await tell(tx, domain, repository, one, members)
    await scanOnPush(tx, domain, repository, one)
  }
}

/** Ends what `updateStorageClass` began. */
export async function finishActivation(
  domain: Domain,
  registry: Registry,
  { repositoryName, imageDigest, activatedAt }: JobPayloads['activateImage'],
): Promise<void> {
  const digest = parseDigest(imageDigest)
  await domain.database.write(async (tx) => {
    const repository = await tx.repositories.find(registry, repositoryName)
    if (!repository || !digest) return
    const image = await tx.images.findByDigest(repository.id, digest)
    if (image?.status !== 'ACTIVATING') return
    // No later than now, where the clock was put back meanwhile.
    await activateImage(tx, domain, repository, image, Math.min(activatedAt, domain.clock.now()))
    // ECR user guide, "Archiving an image": what is restored is replicated as what is pushed is.
    const tags = await tx.images.tagsOf(image.id)
    for (const tag of tags.length > 0 ? tags : [undefined])
      await requestReplication(tx, domain, repository, image, tag)
  })
}

/** What is to come back with an image, and the image: an active one has nothing that is not. */
function restoredWith(tx: Reads, image: Image): Promise<Image[]> {
  return reach(
    image,
    ({ status }) => status !== 'ACTIVE',
    async (one) => [...(await childrenOf(tx, one)), ...(await referrersOf(tx, one))],
  )
}

/** All that is `wanted` and lies behind an image, or behind what is; the image too, if it is wanted. */
async function reach(
  image: Image,
  wanted: (image: Image) => boolean,
  next: (image: Image) => Promise<Image[]>,
): Promise<Image[]> {
  const found = new Map<number, Image>()
  const waiting = [image]
  for (let one = waiting.pop(); one; one = waiting.pop()) {
    if (found.has(one.id) || (one !== image && !wanted(one))) continue
    found.set(one.id, one)
    waiting.push(...(await next(one)))
  }
  return [...found.values()].filter(wanted)
}

async function childrenOf(tx: Reads, image: Image): Promise<Image[]> {
  if (!isIndexMediaType(image.mediaType)) return []
  const { bytes, mediaType } = await readManifestOf(tx, image)
  const children = []
  for (const digest of readManifest(bytes, mediaType).children)
    children.push((await tx.images.findByDigest(image.repositoryId, digest)) ?? [])
  return children.flat()
}

async function referrersOf(tx: Reads, { repositoryId, digest }: Image): Promise<Image[]> {
  const found: Image[] = []
  let page: Image[] = []
  do {
    const after = page.at(-1)?.id ?? 0
    page = await tx.images.listReferrers(repositoryId, digest, {}, { after, limit: PAGE })
    found.push(...page)
  } while (page.length === PAGE)
  return found
}

function tell(
  tx: Writes,
  domain: Domain,
  repository: Repository,
  image: Image,
  members: Record<string, string>,
): Promise<void> {
  return emitImageAction(tx, domain, repository, image, { 'action-type': 'UPDATE_STORAGE_CLASS', ...members })
}
