import { isIndexMediaType } from '../rules/media-types.ts'
import type { Registry } from '../rules/registry.ts'
import type { ScanType } from '../rules/scanning.ts'
import type { Image, ImageScan, Period, Repository, Writes } from '../store/database.ts'
import type { Domain } from './domain.ts'
import { type NamedImage, Refused } from './errors.ts'
import { enqueue, type JobPayloads } from './jobs.ts'
import { countScan, isOverScanQuota } from './scan-quota.ts'
import { findScanning, findScanningOf, isScannable } from './scanning.ts'

const DAY = 24 * 60 * 60 * 1000

/**
 * Begins the scan that a caller asks for, which is a basic one.
 *
 * @throws Refused FeatureDisabled, ImageArchived, ImageTypeUnsupported, ScanTooSoon, QuotaExceeded
 */
export async function startScan(
  tx: Writes,
  domain: Domain,
  repository: Repository,
  image: Image,
  named: NamedImage,
): Promise<void> {
  const { registry } = repository
  if ((await findScanning(tx, registry)).scanType === 'ENHANCED') throw new Refused('FeatureDisabled', {})
  if (image.status !== 'ACTIVE')
    throw new Refused('ImageArchived', {
      registryId: registry.accountId,
      repositoryName: repository.name,
      imageDigest: named.imageDigest,
      imageTag: named.imageTag,
    })
  if (!isScannable(image)) throw new Refused('ImageTypeUnsupported', { mediaType: typeOf(image) })

  const last = await tx.imageScans.find(image.id, 'BASIC')
  const { after, until } = lastDay(domain)
  const isCounted = last !== undefined && last.status !== 'LIMIT_EXCEEDED'
  if (isCounted && last.requestedAt > after && last.requestedAt <= until) throw new Refused('ScanTooSoon', {})
  const limit = domain.quotas.basicScansPerDay
  if (await isOverScanQuota(tx, domain, registry))
    throw new Refused('QuotaExceeded', { quota: 'basic scans in 24 hours', limit })

  await requestScan(tx, domain, repository, image, 'BASIC')
}

/** The last 24 hours: a clock that was put back does not have what is to come counted. */
export function lastDay({ clock }: Domain): Period {
  const until = clock.now()
  return { after: until - DAY, until }
}

/** Of an index its own type, as ECR says it; of an artifact the type of the artifact (guess). */
function typeOf({ mediaType, artifactType }: Image): string {
  return isIndexMediaType(mediaType) ? mediaType : (artifactType ?? mediaType)
}

/**
 * Begins the scan that a push, or the end of an image's time in the archive, brings with it, once for each image. What
 * can't be scanned is left alone by a basic scan, and marked by Inspector (guess, as ECR was seen to do either).
 */
export async function scanOnPush(
  tx: Writes,
  domain: Domain,
  repository: Repository,
  image: Image,
): Promise<void> {
  const { scanType, frequency } = await findScanningOf(tx, repository)
  if (frequency === 'MANUAL' || (await tx.imageScans.find(image.id, scanType))) return
  if (!isScannable(image)) {
    if (scanType === 'ENHANCED')
      await putRefused(tx, domain, image, scanType, {
        status: 'UNSUPPORTED_IMAGE',
        description: `An artifact with media type '${typeOf(image)}' cannot be scanned.`,
      })
  } else if (scanType === 'BASIC' && (await isOverScanQuota(tx, domain, repository.registry))) {
    await putRefused(tx, domain, image, scanType, {
      status: 'LIMIT_EXCEEDED',
      description: 'The scan quota of the registry has been exceeded.',
    })
  } else {
    await requestScan(tx, domain, repository, image, scanType)
  }
}

async function putRefused(
  tx: Writes,
  { clock }: Domain,
  image: Image,
  scanType: ScanType,
  outcome: Pick<ImageScan, 'status' | 'description'>,
): Promise<void> {
  const now = clock.now()
  await tx.imageScans.put({
    imageId: image.id,
    scanType,
    ...outcome,
    requestedAt: now,
    completedAt: now,
    sourceUpdatedAt: undefined,
    severityCounts: {},
  })
}

/** Marks an image as waiting for its scan, and has it done. */
export async function requestScan(
  tx: Writes,
  domain: Domain,
  repository: Repository,
  image: Image,
  scanType: ScanType,
): Promise<void> {
  await tx.imageScans.put({
    imageId: image.id,
    scanType,
    status: scanType === 'BASIC' ? 'IN_PROGRESS' : 'PENDING',
    description: undefined,
    requestedAt: domain.clock.now(),
    completedAt: undefined,
    sourceUpdatedAt: undefined,
    severityCounts: {},
  })
  if (scanType === 'BASIC') await countScan(tx, domain, repository.registry)
  await enqueueScan(tx, domain, repository.registry, {
    repositoryName: repository.name,
    imageDigest: image.digest,
    scanType,
  })
}

export async function enqueueScan(
  tx: Writes,
  domain: Domain,
  registry: Registry,
  payload: JobPayloads['scanImage'],
): Promise<void> {
  await enqueue(tx, domain, 'scanImage', { registry, payload, dueAt: domain.clock.now() })
}
