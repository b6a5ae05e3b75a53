import { parseDigest } from '../rules/digest.ts'
import {
  countSeverities,
  type EnhancedFinding,
  enhancedFinding,
  type SeverityCounts,
} from '../rules/finding.ts'
import {
  findingDetail,
  findingKey,
  type InspectedImage,
  imageArn,
  inspectorFindingOf,
} from '../rules/inspector-finding.ts'
import { outcomeFor, type ScanOutcome } from '../rules/planted-findings.ts'
import { type Registry, repositoryArn } from '../rules/registry.ts'
import type { Image, ImageScan, Reads, Repository, Writes } from '../store/database.ts'
import type { Domain } from './domain.ts'
import { emit } from './events.ts'
import type { JobPayloads } from './jobs.ts'
import { layOutImage } from './lay-out-image.ts'
import { readManifestOf } from './read-manifest.ts'
import { describeEnd } from './scan-end.ts'
import { ScanFailed } from './scanner.ts'
import { findScanningOf } from './scanning.ts'

/** Scans an image that waits for it, or that is scanned continuously, and keeps what was found. */
export async function scanImage(
  domain: Domain,
  registry: Registry,
  payload: JobPayloads['scanImage'],
): Promise<void> {
  const subject = await domain.database.read((tx) => findSubject(tx, registry, payload))
  if (!subject) return
  const outcome = await lookInto(domain, subject)
  await domain.database.write(async (tx) => {
    // It may have gone, or be another's, since: what is true now counts.
    const current = await findSubject(tx, registry, payload)
    if (current) await complete(tx, domain, current, outcome)
  })
}

/** Ends a scan that failed too often for a reason of this server's own. */
export async function giveUpScan(
  tx: Writes,
  domain: Domain,
  registry: Registry,
  payload: JobPayloads['scanImage'],
): Promise<void> {
  const subject = await findSubject(tx, registry, payload)
  const description = 'The scan was given up; the log of the server says why.'
  if (subject) await complete(tx, domain, subject, { status: 'FAILED', description })
}

interface Subject {
  readonly repository: Repository
  readonly image: Image
  readonly tags: readonly string[]
  readonly scan: ImageScan
  readonly isContinuous: boolean
}

/** What is to be scanned; nothing when the image has gone, or was scanned already. */
async function findSubject(
  tx: Reads,
  registry: Registry,
  { repositoryName, imageDigest, scanType }: JobPayloads['scanImage'],
): Promise<Subject | undefined> {
  const digest = parseDigest(imageDigest)
  const repository = await tx.repositories.find(registry, repositoryName)
  const image = repository && digest && (await tx.images.findByDigest(repository.id, digest))
  const scan = image && (await tx.imageScans.find(image.id, scanType))
  if (!scan) return undefined
  const { scanType: current, frequency } = await findScanningOf(tx, repository)
  const isContinuous = scanType === 'ENHANCED' && current === 'ENHANCED' && frequency === 'CONTINUOUS_SCAN'
  if (!isContinuous && scan.status !== 'IN_PROGRESS' && scan.status !== 'PENDING') return undefined
  return { repository, image, scan, isContinuous, tags: await tx.images.tagsOf(image.id) }
}

/** What is planted for the image, else what the scanner says of it, else nothing. */
async function lookInto(domain: Domain, { repository, image, tags }: Subject): Promise<ScanOutcome> {
  const { registry, name: repositoryName } = repository
  const planted = domain.plantedFindings.read()
  const outcome = outcomeFor(planted, { registry, repositoryName, digest: image.digest, tags })
  if (outcome) return outcome
  if (!domain.scanner) return { status: 'COMPLETE', basic: [], enhanced: [], sourceUpdatedAt: undefined }
  const manifest = await domain.database.read((tx) => readManifestOf(tx, image))
  try {
    const findings = await domain.scanner.scan((directory, signal) =>
      layOutImage(domain, image.digest, manifest, directory, signal),
    )
    return { status: 'COMPLETE', ...findings }
  } catch (error) {
    if (error instanceof ScanFailed) return { status: 'FAILED', description: error.message }
    throw error
  }
}

/** The scan as it is kept, but for its findings. */
function ended(
  domain: Domain,
  { scan, isContinuous }: Subject,
  outcome: ScanOutcome,
  severityCounts: SeverityCounts,
): ImageScan {
  const common = { ...scan, completedAt: domain.clock.now(), severityCounts }
  if (outcome.status !== 'COMPLETE') return { ...common, sourceUpdatedAt: undefined, ...outcome }
  const status = isContinuous ? 'ACTIVE' : 'COMPLETE'
  const description = describeEnd(domain, status)
  return { ...common, status, description, sourceUpdatedAt: outcome.sourceUpdatedAt?.getTime() }
}

async function complete(tx: Writes, domain: Domain, subject: Subject, outcome: ScanOutcome): Promise<void> {
  if (subject.scan.scanType === 'BASIC') await completeBasic(tx, domain, subject, outcome)
  else await completeEnhanced(tx, domain, subject, outcome)
}

async function completeBasic(
  tx: Writes,
  domain: Domain,
  subject: Subject,
  outcome: ScanOutcome,
): Promise<void> {
  const { repository, image, tags } = subject
  const findings = outcome.status === 'COMPLETE' ? outcome.basic : []
  const counts = countSeverities(findings)
  await tx.imageScans.put(ended(domain, subject, outcome, counts), findings)
  await emit(tx, domain, repository.registry, {
    detailType: 'ECR Image Scan',
    resources: [repositoryArn(repository.registry, repository.name)],
    detail: {
      'scan-status': outcome.status === 'COMPLETE' ? 'COMPLETE' : 'FAILED',
      'repository-name': repository.name,
      'finding-severity-counts': counts,
      'image-digest': image.digest,
      'image-tags': tags,
    },
  })
}

/** Findings of an enhanced scan, as the store gives them back. */
export function readEnhanced(findings: readonly object[]): EnhancedFinding[] {
  return findings.map((finding) => enhancedFinding.parse(finding))
}

/** A rescan that fails leaves what was found before, as Inspector does (guess). */
async function completeEnhanced(
  tx: Writes,
  domain: Domain,
  subject: Subject,
  outcome: ScanOutcome,
): Promise<void> {
  const { image, scan } = subject
  if (outcome.status !== 'COMPLETE') {
    await tx.imageScans.put(ended(domain, subject, outcome, scan.severityCounts))
    return
  }
  const inspected = inspectedOf(subject)
  const before = new Map(
    readEnhanced(await tx.imageScans.findings(image.id, 'ENHANCED')).map((one) => [findingKey(one), one]),
  )
  const now = new Date(domain.clock.now())
  const findings = outcome.enhanced.map((finding) => {
    const known = before.get(findingKey(finding))
    const id = domain.newId().replaceAll('-', '')
    return inspectorFindingOf(finding, { image: inspected, now, id, before: known })
  })
  const isFirst = scan.status === 'PENDING'
  const counts = countSeverities(findings)
  await tx.imageScans.put(ended(domain, subject, outcome, counts), findings)

  if (isFirst) await emitInitialScan(tx, domain, inspected, { ...counts, TOTAL: findings.length })
  const after = new Set(findings.map(findingKey))
  for (const finding of findings)
    if (!before.has(findingKey(finding))) await emitFinding(tx, domain, inspected, finding)
  for (const [key, finding] of before)
    if (!after.has(key))
      await emitFinding(tx, domain, inspected, { ...finding, status: 'CLOSED', updatedAt: now })
}

function inspectedOf({ repository, image, tags }: Subject): InspectedImage {
  const { registry, name: repositoryName } = repository
  return { registry, repositoryName, digest: image.digest, tags, pushedAt: new Date(image.pushedAt) }
}

async function emitInitialScan(
  tx: Writes,
  domain: Domain,
  { registry, repositoryName, digest, tags }: InspectedImage,
  counts: object,
): Promise<void> {
  const arn = repositoryArn(registry, repositoryName)
  await emit(tx, domain, registry, {
    detailType: 'Inspector2 Scan',
    resources: [arn],
    detail: {
      'scan-status': 'INITIAL_SCAN_COMPLETE',
      'repository-name': arn,
      'finding-severity-counts': counts,
      'image-digest': digest,
      'image-tags': tags,
    },
  })
}

async function emitFinding(
  tx: Writes,
  domain: Domain,
  image: InspectedImage,
  finding: EnhancedFinding,
): Promise<void> {
  await emit(tx, domain, image.registry, {
    detailType: 'Inspector2 Finding',
    resources: [imageArn(image)],
    detail: findingDetail(finding),
  })
}
