import type { Digest } from './digest.ts'
import type { EnhancedFinding } from './finding.ts'
import { partitionOf, type Registry, repositoryArn } from './registry.ts'

/** In what Inspector found something. */
export interface InspectedImage {
  readonly registry: Registry
  readonly repositoryName: string
  readonly digest: Digest
  readonly tags: readonly string[]
  readonly pushedAt: Date
}

/** The ARN by which Inspector names an image. */
export function imageArn({ registry, repositoryName, digest }: InspectedImage): string {
  return `${repositoryArn(registry, repositoryName)}/${digest}`
}

/**
 * A finding with all that Inspector adds to it. What was found before keeps its ARN and the time when it was first
 * seen; members that the source gives stay as they are.
 *
 * @param id what is to be the last part of the ARN
 */
export function inspectorFindingOf(
  finding: EnhancedFinding,
  {
    image,
    now,
    id,
    before,
  }: { image: InspectedImage; now: Date; id: string; before?: EnhancedFinding | undefined },
): EnhancedFinding {
  const { registry, repositoryName, digest, tags, pushedAt } = image
  const { accountId, region } = registry
  const awsEcrContainerImage = {
    imageHash: digest,
    imageTags: [...tags],
    pushedAt,
    registry: accountId,
    repositoryName,
  }
  return {
    awsAccountId: accountId,
    findingArn:
      before?.findingArn ?? `arn:${partitionOf(region)}:inspector2:${region}:${accountId}:finding/${id}`,
    firstObservedAt: before?.firstObservedAt ?? now,
    lastObservedAt: now,
    updatedAt: now,
    status: 'ACTIVE',
    type: 'PACKAGE_VULNERABILITY',
    remediation: { recommendation: { text: 'None Provided' } },
    resources: [
      { type: 'AWS_ECR_CONTAINER_IMAGE', id: imageArn(image), tags: {}, details: { awsEcrContainerImage } },
    ],
    ...withoutUndefined(finding),
  }
}

/** What tells whether two scans of one image found the same thing. */
export function findingKey({ title, packageVulnerabilityDetails }: EnhancedFinding): string {
  const { vulnerabilityId, vulnerablePackages = [] } = packageVulnerabilityDetails ?? {}
  const packages = vulnerablePackages.map(({ name, version, filePath }) => [name, version, filePath])
  return JSON.stringify([vulnerabilityId ?? title, packages])
}

/** A finding as Inspector's events tell it: times in words (ECR user guide, sample events of Amazon Inspector). */
export function findingDetail({ score, scoreDetails, ...finding }: EnhancedFinding): object {
  const detail = { ...finding, inspectorScore: score, inspectorScoreDetails: scoreDetails }
  return inWords(detail) as object
}

function inWords(value: unknown): unknown {
  if (value instanceof Date) return wordsOf(value)
  if (Array.isArray(value)) return value.map(inWords)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, inWords(member)]))
}

const format = new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' })

/** `Dec 3, 2021, 6:02:30 PM`; newer versions of ICU put a narrow space before PM. */
function wordsOf(date: Date): string {
  return format.format(date).replaceAll('\u202f', ' ')
}

function withoutUndefined<Shape extends object>(object: Shape): Shape {
  return Object.fromEntries(Object.entries(object).filter(([, member]) => member !== undefined)) as Shape
}
