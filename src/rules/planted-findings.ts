import { z } from 'zod'
import { type Digest, digestAlgorithms, formOf, parseDigest } from './digest.ts'
import { basicFinding, enhancedFinding, type Findings, time } from './finding.ts'
import { grypeReport } from './grype-report.ts'
import { type Registry, registryKey } from './registry.ts'
import { matchesWildcard } from './tag-mutability.ts'
import { trivyReport } from './trivy-report.ts'
import {
  basicFindingOf,
  enhancedFindingOf,
  findingsOf,
  vulnerabilitiesOf,
  vulnerabilityOf,
} from './vulnerability.ts'

/** How scans end that bring no findings. */
const FAILED_STATUSES = [
  'FAILED',
  'FINDINGS_UNAVAILABLE',
  'IMAGE_SIZE_EXCEEDED',
  'LIMIT_EXCEEDED',
  'SCAN_ELIGIBILITY_EXPIRED',
  'UNSUPPORTED_IMAGE',
] as const

export type FailedStatus = (typeof FAILED_STATUSES)[number]

/** What comes of looking at an image. */
export type ScanOutcome =
  | ({ readonly status: 'COMPLETE' } & Findings)
  | { readonly status: FailedStatus; readonly description: string }

/** ImageScanFindings of the API; what a scan finds out itself is read over, so that a whole answer may stand here. */
const imageScanFindings = z
  .strictObject({
    findings: z.array(basicFinding).optional(),
    enhancedFindings: z.array(enhancedFinding).optional(),
    vulnerabilitySourceUpdatedAt: time.optional(),
    imageScanCompletedAt: z.unknown().optional(),
    findingSeverityCounts: z.unknown().optional(),
  })
  .transform(({ findings, enhancedFindings, vulnerabilitySourceUpdatedAt }): Findings => {
    const basic = findings ?? enhancedFindings?.flatMap(vulnerabilitiesOf).map(basicFindingOf) ?? []
    const enhanced = enhancedFindings ?? basic.map(vulnerabilityOf).map(enhancedFindingOf)
    return { basic, enhanced, sourceUpdatedAt: vulnerabilitySourceUpdatedAt }
  })

const SOURCES = ['imageScanFindings', 'trivy', 'grype', 'status'] as const

const plantedFindings = z
  .strictObject({
    registry: z
      .string()
      .regex(
        /^[0-9]{12}\/[a-z0-9-]{2,25}$/,
        'A registry is <account>/<region>, such as 000000000000/us-east-1',
      )
      .optional(),
    repository: z.string().min(1).optional(),
    tag: z.string().min(1).optional(),
    digest: z
      .string()
      .refine(
        (text) => parseDigest(text) !== undefined,
        `A digest is ${digestAlgorithms.map(formOf).join(' or ')}`,
      )
      .optional(),
    imageScanFindings: imageScanFindings.optional(),
    trivy: trivyReport.optional(),
    grype: grypeReport.optional(),
    status: z.enum(FAILED_STATUSES).optional(),
    description: z.string().optional(),
  })
  .refine((entry) => SOURCES.filter((source) => entry[source] !== undefined).length === 1, {
    message: `An entry has exactly one of ${SOURCES.join(', ')}`,
  })
  .refine(({ status, description }) => (status === undefined) === (description === undefined), {
    message: 'A status and a description go together',
  })

/** What `--findings` and `PUT /_ecr-local/findings` take: what scans of which images find. */
export const plantedFindingsList = z
  .unknown()
  .refine(isWritable, 'The findings are nested too deep')
  .pipe(z.array(plantedFindings))

/** JSON can be read that is nested too deep to be written; reports hold members that nobody here looks at. */
function isWritable(planted: unknown): boolean {
  try {
    JSON.stringify(planted)
    return true
  } catch {
    return false
  }
}

/** As it is written. */
export type PlantedFindings = z.input<typeof plantedFindings>

/** As it is understood. */
export type ReadFindings = z.output<typeof plantedFindings>

export interface ScannedImage {
  readonly registry: Registry
  readonly repositoryName: string
  readonly digest: Digest
  readonly tags: readonly string[]
}

/** What is planted for an image: the first entry that fits decides. */
export function outcomeFor(planted: readonly ReadFindings[], image: ScannedImage): ScanOutcome | undefined {
  const entry = planted.find((one) => fits(one, image))
  if (!entry) return undefined
  if (entry.status) return { status: entry.status, description: entry.description ?? '' }
  const report = entry.trivy ?? entry.grype
  const findings = report ? findingsOf(report) : entry.imageScanFindings
  return findings && { status: 'COMPLETE', ...findings }
}

function fits({ registry, repository, tag, digest }: ReadFindings, image: ScannedImage): boolean {
  return (
    (registry === undefined || registry === registryKey(image.registry)) &&
    (repository === undefined || matchesWildcard(image.repositoryName, repository)) &&
    (tag === undefined || image.tags.some((one) => matchesWildcard(one, tag))) &&
    (digest === undefined || digest === image.digest)
  )
}
