import { z } from 'zod'
import type { Severity } from './finding.ts'
import { dateOf, type Report, type Vulnerability } from './vulnerability.ts'

const SEVERITY: Readonly<Record<string, Severity>> = {
  Critical: 'CRITICAL',
  High: 'HIGH',
  Medium: 'MEDIUM',
  Low: 'LOW',
  Negligible: 'INFORMATIONAL',
  Unknown: 'UNDEFINED',
}

const rating = z.looseObject({
  source: z.string().optional(),
  version: z.string().optional(),
  vector: z.string().optional(),
  metrics: z.looseObject({ baseScore: z.number().optional() }).optional(),
})

const advisory = z.looseObject({
  id: z.string().min(1),
  dataSource: z.string().optional(),
  namespace: z.string().optional(),
  description: z.string().optional(),
  urls: z.array(z.string()).nullish(),
  cvss: z.array(rating).nullish(),
})

/** Of schema 6, and of those before. */
const vulnerabilityDatabase = z.looseObject({
  status: z.looseObject({ built: z.string().optional() }).optional(),
  built: z.string().optional(),
})

const match = z.looseObject({
  vulnerability: advisory.extend({
    severity: z.enum(['Critical', 'High', 'Medium', 'Low', 'Negligible', 'Unknown']),
    fix: z.looseObject({ versions: z.array(z.string()).nullish() }).optional(),
  }),
  relatedVulnerabilities: z.array(advisory).nullish(),
  artifact: z.looseObject({
    name: z.string(),
    version: z.string().optional(),
    type: z.string().optional(),
    locations: z
      .array(z.looseObject({ path: z.string().optional(), layerID: z.string().optional() }))
      .nullish(),
  }),
})

/**
 * What `grype --output json` prints.
 *
 * @see https://github.com/anchore/grype#output-formats
 */
export const grypeReport = z
  .looseObject({
    matches: z.array(match),
    descriptor: z
      .looseObject({ timestamp: z.string().optional(), db: vulnerabilityDatabase.optional() })
      .optional(),
  })
  .transform(
    ({ matches, descriptor }): Report => ({
      vulnerabilities: matches.map(vulnerabilityOf),
      // What the report was made of says more than when it was made.
      updatedAt: dateOf(descriptor?.db?.status?.built ?? descriptor?.db?.built ?? descriptor?.timestamp),
    }),
  )

/** Distributions often leave description and scores to the advisory that they relate to, NVD's. */
function vulnerabilityOf(found: z.output<typeof match>): Vulnerability {
  const { vulnerability, artifact } = found
  const related = found.relatedVulnerabilities ?? []
  const cvss = [vulnerability, ...related].map((one) => one.cvss ?? []).find((list) => list.length > 0)
  const [location] = artifact.locations ?? []
  return {
    id: vulnerability.id,
    description: vulnerability.description ?? related.find((one) => one.description)?.description,
    severity: SEVERITY[vulnerability.severity] ?? 'UNDEFINED',
    vendorSeverity: vulnerability.severity,
    source: vulnerability.namespace,
    url: vulnerability.dataSource,
    references: vulnerability.urls ?? [],
    related: related.map(({ id }) => id).filter((id) => id !== vulnerability.id),
    cvss: cvss?.map(({ source, version, vector, metrics }) => ({
      source,
      version,
      vector,
      score: metrics?.baseScore,
    })),
    package: {
      name: artifact.name,
      version: artifact.version,
      fixedInVersion: vulnerability.fix?.versions?.[0],
      packageManager: artifact.type?.toUpperCase(),
      filePath: location?.path,
      layerDigest: location?.layerID,
    },
  }
}
