import { type Registry, repositoryArn } from '../rules/registry.ts'
import { scanningOf } from '../rules/scanning.ts'
import type { Image, Period, Repository, Writes } from '../store/database.ts'
import type { Domain } from './domain.ts'
import { emit } from './events.ts'
import type { JobPayloads } from './jobs.ts'
import { enqueueScan, lastDay, requestScan } from './request-scan.ts'
import { describeEnd } from './scan-end.ts'
import { findScanningOf, isScannable } from './scanning.ts'

const PAGE = 100

/**
 * Has the images scanned again that are scanned continuously, a day after their last scan, and not before a scan that
 * still waits for a slow scanner has waited for a day.
 */
export async function rescanDaily(domain: Domain): Promise<void> {
  await rescan(domain, lastDay(domain))
}

/** Has every image scanned again that is scanned continuously: what is known of vulnerabilities has changed. */
export async function rescanAll(domain: Domain): Promise<void> {
  await rescan(domain)
}

async function rescan(domain: Domain, except?: Period): Promise<void> {
  let after = 0
  for (;;) {
    const page = await domain.database.write(async (tx) => {
      const listed = await tx.imageScans.listContinuous({ ...(except && { except }), after, limit: PAGE })
      for (const { imageId, registry, repositoryName, digest } of listed) {
        await tx.imageScans.setRequestedAt(imageId, 'ENHANCED', domain.clock.now())
        await enqueueScan(tx, domain, registry, { repositoryName, imageDigest: digest, scanType: 'ENHANCED' })
      }
      return listed
    })
    if (page.length < PAGE) return
    after = page.at(-1)?.imageId ?? after
  }
}

/**
 * Does what a new scanning configuration means for the repositories and images that are there: tells of each change,
 * begins continuous scans and ends them.
 */
export async function applyScanning(
  domain: Domain,
  registry: Registry,
  change: JobPayloads['applyScanning'],
): Promise<void> {
  let after = ''
  for (;;) {
    const page = await domain.database.write(async (tx) => {
      const listed = await tx.repositories.list(registry, { after, limit: PAGE })
      await emitChanges(tx, domain, registry, listed, change)
      return listed
    })
    for (const repository of page) await applyTo(domain, repository)
    if (page.length < PAGE) return
    after = page.at(-1)?.name ?? after
  }
}

/** Inspector alone tells of a frequency that changed (ECR user guide, "Sample events"). */
async function emitChanges(
  tx: Writes,
  domain: Domain,
  registry: Registry,
  listed: readonly Repository[],
  { previous, configuration }: JobPayloads['applyScanning'],
): Promise<void> {
  if (configuration.scanType !== 'ENHANCED') return
  const changed = listed
    .map((repository) => ({
      'repository-name': repository.name,
      'repository-arn': repositoryArn(registry, repository.name),
      'scan-frequency': scanningOf(configuration, repository).frequency,
      'previous-scan-frequency': scanningOf(previous, repository).frequency,
    }))
    .filter((change) => change['scan-frequency'] !== change['previous-scan-frequency'])
  if (changed.length === 0) return
  await emit(tx, domain, registry, {
    detailType: 'ECR Scan Resource Change',
    detail: {
      'action-type': 'SCAN_FREQUENCY_CHANGE',
      repositories: changed,
      'resource-type': 'REPOSITORY',
      'scan-type': 'ENHANCED',
    },
  })
}

/** Scans the active images of a repository that is now scanned continuously; of another, ends what was begun. */
async function applyTo(domain: Domain, repository: Repository): Promise<void> {
  let after = 0
  for (;;) {
    const page = await domain.database.write(async (tx) => {
      const { frequency } = await findScanningOf(tx, repository)
      const listed = await tx.images.list(repository.id, { status: 'ACTIVE' }, { after, limit: PAGE })
      for (const image of listed)
        if (frequency === 'CONTINUOUS_SCAN') await beginContinuous(tx, domain, repository, image)
        else await endContinuous(tx, domain, image)
      return listed
    })
    if (page.length < PAGE) return
    after = page.at(-1)?.id ?? after
  }
}

async function beginContinuous(
  tx: Writes,
  domain: Domain,
  repository: Repository,
  image: Image,
): Promise<void> {
  if (!isScannable(image)) return
  const scan = await tx.imageScans.find(image.id, 'ENHANCED')
  if (!scan) return requestScan(tx, domain, repository, image, 'ENHANCED')
  if (scan.status === 'ACTIVE' || scan.status === 'PENDING') return
  const { registry, name: repositoryName } = repository
  await enqueueScan(tx, domain, registry, { repositoryName, imageDigest: image.digest, scanType: 'ENHANCED' })
}

async function endContinuous(tx: Writes, domain: Domain, image: Image): Promise<void> {
  const scan = await tx.imageScans.find(image.id, 'ENHANCED')
  if (scan?.status !== 'ACTIVE') return
  await tx.imageScans.put({ ...scan, status: 'COMPLETE', description: describeEnd(domain, 'COMPLETE') })
}
