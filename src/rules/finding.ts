import { z } from 'zod'

/** The model's enum, worst first. */
const SEVERITIES = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL', 'UNDEFINED'] as const

export type Severity = (typeof SEVERITIES)[number]

/** Levels that do not occur are left out, as ECR does. */
export type SeverityCounts = Partial<Record<Severity, number>>

/** Whether ISO 8601 can say it in the four digits of a year, by which it is kept. */
export function isDatable(date: Date): boolean {
  const year = date.getUTCFullYear()
  return year >= 0 && year <= 9999
}

/** Epoch seconds, as on the wire, or ISO 8601, as the AWS CLI prints it. */
export const time = z
  .union([z.number(), z.iso.datetime({ offset: true })])
  .transform((value) => new Date(typeof value === 'number' ? value * 1000 : value))
  .refine(isDatable, 'A time lies in the years 0 to 9999')

const text = z.string().optional()
const texts = z.array(z.string()).optional()

/** The model's bounds of what an attribute says. */
export const LONGEST_ATTRIBUTE = 256

const attribute = z.strictObject({
  key: z.string().min(1).max(128),
  value: z.string().min(1).max(LONGEST_ATTRIBUTE).optional(),
})

/** ImageScanFinding of the API. */
export const basicFinding = z.strictObject({
  name: z.string().min(1),
  description: text,
  uri: text,
  severity: z.enum(SEVERITIES),
  attributes: z.array(attribute).max(50).optional(),
})

const awsEcrContainerImage = z.strictObject({
  architecture: text,
  author: text,
  imageHash: text,
  imageTags: texts,
  platform: text,
  pushedAt: time.optional(),
  lastInUseAt: time.optional(),
  inUseCount: z.int().optional(),
  registry: text,
  repositoryName: text,
})

const packageVulnerabilityDetails = z.strictObject({
  cvss: z
    .array(
      z.strictObject({ baseScore: z.number().optional(), scoringVector: text, source: text, version: text }),
    )
    .optional(),
  referenceUrls: texts,
  relatedVulnerabilities: texts,
  source: text,
  sourceUrl: text,
  vendorCreatedAt: time.optional(),
  vendorSeverity: text,
  vendorUpdatedAt: time.optional(),
  vulnerabilityId: text,
  vulnerablePackages: z
    .array(
      z.strictObject({
        arch: text,
        epoch: z.int().optional(),
        filePath: text,
        name: text,
        packageManager: text,
        release: text,
        sourceLayerHash: text,
        version: text,
        fixedInVersion: text,
      }),
    )
    .optional(),
})

const cvssScoreDetails = z.strictObject({
  adjustments: z.array(z.strictObject({ metric: text, reason: text })).optional(),
  score: z.number().optional(),
  scoreSource: text,
  scoringVector: text,
  version: text,
})

const resource = z.strictObject({
  details: z.strictObject({ awsEcrContainerImage: awsEcrContainerImage.optional() }).optional(),
  id: text,
  tags: z.record(z.string(), z.string()).optional(),
  type: text,
})

/** EnhancedImageScanFinding of the API. */
export const enhancedFinding = z.strictObject({
  awsAccountId: text,
  description: text,
  findingArn: text,
  firstObservedAt: time.optional(),
  lastObservedAt: time.optional(),
  packageVulnerabilityDetails: packageVulnerabilityDetails.optional(),
  remediation: z.strictObject({ recommendation: z.strictObject({ url: text, text }).optional() }).optional(),
  resources: z.array(resource).optional(),
  score: z.number().optional(),
  scoreDetails: z.strictObject({ cvss: cvssScoreDetails.optional() }).optional(),
  // Inspector's own word for what ECR counts as UNDEFINED.
  severity: z.enum([...SEVERITIES, 'UNTRIAGED']),
  status: text,
  title: text,
  type: text,
  updatedAt: time.optional(),
  fixAvailable: z.enum(['YES', 'NO', 'PARTIAL']).optional(),
  exploitAvailable: z.enum(['YES', 'NO']).optional(),
})

export type BasicFinding = z.output<typeof basicFinding>
export type EnhancedFinding = z.output<typeof enhancedFinding>

/** What is known of an image, for scans of either type. */
export interface Findings {
  readonly basic: readonly BasicFinding[]
  readonly enhanced: readonly EnhancedFinding[]
  /** When the source of the findings was last brought up to date, where it says so. */
  readonly sourceUpdatedAt: Date | undefined
}

/** The level at which ECR counts a finding. */
export function levelOf({ severity }: BasicFinding | EnhancedFinding): Severity {
  return severity === 'UNTRIAGED' ? 'UNDEFINED' : severity
}

export function countSeverities(findings: readonly (BasicFinding | EnhancedFinding)[]): SeverityCounts {
  const levels = findings.map(levelOf)
  const counts: SeverityCounts = {}
  for (const severity of SEVERITIES) {
    const count = levels.filter((level) => level === severity).length
    if (count > 0) counts[severity] = count
  }
  return counts
}
