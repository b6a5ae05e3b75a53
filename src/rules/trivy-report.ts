import { z } from 'zod'
import type { Severity } from './finding.ts'
import { type CvssScore, dateOf, type Report, type Vulnerability } from './vulnerability.ts'

const time = z.string().transform(dateOf)

const vulnerability = z.looseObject({
  VulnerabilityID: z.string().min(1),
  PkgName: z.string(),
  PkgPath: z.string().optional(),
  InstalledVersion: z.string().optional(),
  FixedVersion: z.string().optional(),
  Severity: z.enum(['UNKNOWN', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL']),
  Title: z.string().optional(),
  Description: z.string().optional(),
  PrimaryURL: z.string().optional(),
  References: z.array(z.string()).optional(),
  SeveritySource: z.string().optional(),
  DataSource: z.looseObject({ Name: z.string().optional() }).optional(),
  Layer: z.looseObject({ Digest: z.string().optional() }).optional(),
  PublishedDate: time.optional(),
  LastModifiedDate: time.optional(),
  CVSS: z
    .record(
      z.string(),
      z.looseObject({
        V2Vector: z.string().optional(),
        V2Score: z.number().optional(),
        V3Vector: z.string().optional(),
        V3Score: z.number().optional(),
        V40Vector: z.string().optional(),
        V40Score: z.number().optional(),
      }),
    )
    .optional(),
})

const result = z.looseObject({
  Target: z.string().optional(),
  Type: z.string().optional(),
  Vulnerabilities: z.array(vulnerability).nullish(),
})

/**
 * What `trivy image --format json` prints, as far as it is about vulnerabilities. A report of nothing has no results.
 *
 * @see https://trivy.dev/latest/docs/configuration/reporting/#json
 */
export const trivyReport = z
  .looseObject({
    SchemaVersion: z.literal(2),
    CreatedAt: time.optional(),
    Results: z.array(result).nullish(),
  })
  .transform(
    ({ CreatedAt, Results }): Report => ({
      vulnerabilities: (Results ?? []).flatMap(vulnerabilitiesOf),
      updatedAt: CreatedAt,
    }),
  )

function vulnerabilitiesOf({ Target, Type, Vulnerabilities }: z.output<typeof result>): Vulnerability[] {
  return (Vulnerabilities ?? []).map((found) => ({
    id: found.VulnerabilityID,
    description: found.Description ?? found.Title,
    severity: severityOf(found.Severity),
    vendorSeverity: found.Severity,
    source: found.DataSource?.Name ?? found.SeveritySource,
    url: found.PrimaryURL,
    references: found.References,
    cvss: Object.entries(found.CVSS ?? {}).flatMap(([source, scores]) => ratingsOf(source, scores)),
    publishedAt: found.PublishedDate,
    updatedAt: found.LastModifiedDate,
    package: {
      name: found.PkgName,
      version: found.InstalledVersion,
      fixedInVersion: found.FixedVersion,
      packageManager: Type?.toUpperCase(),
      filePath: found.PkgPath ?? Target,
      layerDigest: found.Layer?.Digest,
    },
  }))
}

function severityOf(severity: z.output<typeof vulnerability>['Severity']): Severity {
  return severity === 'UNKNOWN' ? 'UNDEFINED' : severity
}

type Scores = NonNullable<z.output<typeof vulnerability>['CVSS']>[string]

function ratingsOf(source: string, scores: Scores): CvssScore[] {
  const ratings = [
    { source, version: '2.0', vector: scores.V2Vector, score: scores.V2Score },
    { source, version: versionIn(scores.V3Vector), vector: scores.V3Vector, score: scores.V3Score },
    { source, version: '4.0', vector: scores.V40Vector, score: scores.V40Score },
  ]
  return ratings.filter(({ vector, score }) => vector !== undefined || score !== undefined)
}

/** A vector of version 3 begins with its version: `CVSS:3.1/AV:N/…`. */
function versionIn(vector: string | undefined): string {
  return /^CVSS:(\d\.\d)/.exec(vector ?? '')?.[1] ?? '3.0'
}
