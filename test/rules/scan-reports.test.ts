import { describe, expect, it } from 'vitest'
import { countSeverities, enhancedFinding } from '../../src/rules/finding.ts'
import { grypeReport } from '../../src/rules/grype-report.ts'
import { trivyReport } from '../../src/rules/trivy-report.ts'
import {
  basicFindingOf,
  dateOf,
  enhancedFindingOf,
  findingsOf,
  vulnerabilitiesOf,
  vulnerabilityOf,
} from '../../src/rules/vulnerability.ts'
import { GRYPE_REPORT, TRIVY_REPORT } from '../support/scanning.ts'

const V3 = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'
const V2 = 'AV:N/AC:M/Au:N/C:P/I:N/A:N'

describe('trivyReport', () => {
  const { basic, enhanced, sourceUpdatedAt } = findingsOf(trivyReport.parse(TRIVY_REPORT))

  it('becomes findings of a basic scan', () => {
    expect(basic).toEqual([
      {
        name: 'CVE-2026-1111',
        description: 'Reads beyond a buffer.',
        uri: 'https://avd.aquasec.com/nvd/cve-2026-1111',
        severity: 'CRITICAL',
        attributes: [
          { key: 'package_version', value: '3.0.15-1' },
          { key: 'package_name', value: 'libssl3' },
          { key: 'CVSS3_VECTOR', value: V3 },
          { key: 'CVSS3_SCORE', value: '9.8' },
        ],
      },
      {
        name: 'GHSA-aaaa-bbbb-cccc',
        severity: 'UNDEFINED',
        attributes: [{ key: 'package_name', value: 'left-pad' }],
      },
    ])
    expect(sourceUpdatedAt).toEqual(new Date('2026-11-20T10:00:00.123Z'))
  })

  it('becomes findings of an enhanced scan', () => {
    expect(enhanced[0]).toEqual({
      title: 'CVE-2026-1111 - libssl3',
      description: 'Reads beyond a buffer.',
      severity: 'CRITICAL',
      score: 9.8,
      scoreDetails: {
        cvss: { adjustments: [], score: 9.8, scoreSource: 'nvd', scoringVector: V3, version: '3.1' },
      },
      fixAvailable: 'YES',
      packageVulnerabilityDetails: {
        vulnerabilityId: 'CVE-2026-1111',
        source: 'Debian Security Tracker',
        sourceUrl: 'https://avd.aquasec.com/nvd/cve-2026-1111',
        vendorSeverity: 'CRITICAL',
        vendorCreatedAt: new Date('2026-10-01T00:00:00Z'),
        vendorUpdatedAt: new Date('2026-10-02T00:00:00Z'),
        referenceUrls: ['https://example.com/advisory'],
        relatedVulnerabilities: [],
        cvss: [{ source: 'nvd', version: '3.1', scoringVector: V3, baseScore: 9.8 }],
        vulnerablePackages: [
          {
            name: 'libssl3',
            version: '3.0.15-1',
            fixedInVersion: '3.0.16-1',
            packageManager: 'DEBIAN',
            filePath: 'image (debian 12.8)',
            sourceLayerHash: `sha256:${'1'.repeat(64)}`,
          },
        ],
      },
    })
    expect(enhanced[1]).toMatchObject({ title: 'GHSA-aaaa-bbbb-cccc - left-pad', fixAvailable: 'NO' })
  })

  it.each([{}, { Results: null }, { CreatedAt: 'yesterday', Results: [{ Vulnerabilities: null }] }])(
    'takes %j, a report of nothing',
    (report) => {
      const nothing = { vulnerabilities: [], updatedAt: undefined }
      expect(trivyReport.parse({ SchemaVersion: 2, ...report })).toEqual(nothing)
    },
  )

  it.each([
    [2, 'V2Vector', V2, '2.0'],
    [3, 'V3Vector', 'AV:N', '3.0'],
    [4, 'V40Vector', 'CVSS:4.0/AV:N', '4.0'],
  ])('reads a vector of CVSS %i', (_major, member, vector, version) => {
    const found = {
      VulnerabilityID: 'CVE-1',
      PkgName: 'a',
      Severity: 'LOW',
      CVSS: { nvd: { [member]: vector } },
    }
    const report = trivyReport.parse({ SchemaVersion: 2, Results: [{ Vulnerabilities: [found] }] })
    expect(report.vulnerabilities[0]?.cvss).toEqual([{ source: 'nvd', version, vector, score: undefined }])
  })
})

describe('grypeReport', () => {
  const { basic, enhanced, sourceUpdatedAt } = findingsOf(grypeReport.parse(GRYPE_REPORT))

  it('becomes findings, with what only related advisories say', () => {
    expect(basic).toEqual([
      {
        name: 'CVE-2026-2222',
        description: 'Writes beyond a buffer.',
        uri: 'https://security-tracker.debian.org/tracker/CVE-2026-2222',
        severity: 'INFORMATIONAL',
        attributes: [
          { key: 'package_version', value: '1.36.1' },
          { key: 'package_name', value: 'busybox' },
          { key: 'CVSS2_VECTOR', value: V2 },
          { key: 'CVSS2_SCORE', value: '4.3' },
        ],
      },
    ])
    expect(enhanced).toMatchObject([
      {
        title: 'CVE-2026-2222 - busybox',
        score: 4.3,
        fixAvailable: 'YES',
        packageVulnerabilityDetails: {
          source: 'debian:distro:debian:12',
          vendorSeverity: 'Negligible',
          relatedVulnerabilities: ['GHSA-dddd-eeee-ffff'],
          vulnerablePackages: [
            { fixedInVersion: '1.36.2', packageManager: 'DEB', filePath: '/var/lib/dpkg/status' },
          ],
        },
      },
    ])
    expect(sourceUpdatedAt).toEqual(new Date('2026-11-21T10:00:00Z'))
  })

  it.each([{ status: { built: '2026-11-20T06:00:00Z' } }, { built: '2026-11-20T06:00:00Z' }])(
    'tells when its database was built: %j',
    (db) => {
      const descriptor = { timestamp: '2026-11-21T10:00:00Z', db }
      expect(grypeReport.parse({ matches: [], descriptor }).updatedAt).toEqual(
        new Date('2026-11-20T06:00:00Z'),
      )
    },
  )

  it('takes a report of nothing, whose time Go never set', () => {
    const report = { matches: [], descriptor: { timestamp: '0001-01-01T00:00:00Z' } }
    expect(grypeReport.parse(report)).toEqual({ vulnerabilities: [], updatedAt: undefined })
  })
})

describe('findings of one type', () => {
  const [critical] = findingsOf(trivyReport.parse(TRIVY_REPORT)).basic

  it('tell the other type what they say', () => {
    const { basic, enhanced } = findingsOf(trivyReport.parse(TRIVY_REPORT))
    const told = enhanced.flatMap(vulnerabilitiesOf)
    expect(findingsOf({ vulnerabilities: told, updatedAt: undefined }).basic).toEqual(basic)
    expect(critical && enhancedFindingOf(vulnerabilityOf(critical))).toMatchObject({
      title: 'CVE-2026-1111 - libssl3',
      score: 9.8,
      packageVulnerabilityDetails: { cvss: [{ version: '3.0', scoringVector: V3, baseScore: 9.8 }] },
    })
  })

  it('leave out a score that is no number', () => {
    const attributes = [{ key: 'CVSS3_SCORE', value: 'none' }]
    const finding = enhancedFindingOf(vulnerabilityOf({ name: 'CVE-1', severity: 'LOW', attributes }))
    expect(finding.score).toBeUndefined()
    expect(enhancedFinding.safeParse(JSON.parse(JSON.stringify(finding))).error).toBeUndefined()
  })

  it('keep of names and versions what an attribute may hold', () => {
    const found = { name: 'n'.repeat(300), version: '' }
    expect(basicFindingOf({ id: 'CVE-1', severity: 'LOW', package: found }).attributes).toEqual([
      { key: 'package_name', value: 'n'.repeat(256) },
    ])
  })

  it('read back as they were written down', () => {
    const [enhanced] = findingsOf(trivyReport.parse(TRIVY_REPORT)).enhanced
    expect(enhancedFinding.parse(JSON.parse(JSON.stringify(enhanced)))).toEqual(enhanced)
  })
})

describe('dateOf', () => {
  it.each([
    ['2026-11-20T10:00:00.123456789Z', '2026-11-20T10:00:00.123Z'],
    ['0001-01-01T00:00:00Z', undefined],
    // JavaScript reads it as the year 300000.
    ['300000', undefined],
    ['yesterday', undefined],
    [undefined, undefined],
  ])('%s is %s', (text, expected) => {
    expect(dateOf(text)?.toISOString()).toBe(expected)
  })
})

describe('countSeverities', () => {
  it('leaves levels out that do not occur', () => {
    const of = (severity: 'LOW' | 'CRITICAL') => ({ name: 'CVE-1', severity })
    expect(countSeverities([of('LOW'), of('CRITICAL'), of('LOW')])).toEqual({ CRITICAL: 1, LOW: 2 })
    expect(countSeverities([])).toEqual({})
  })

  it("counts Inspector's UNTRIAGED as UNDEFINED", () => {
    const untriaged = enhancedFinding.parse({ title: 'CVE-1', severity: 'UNTRIAGED' })
    expect(countSeverities([untriaged])).toEqual({ UNDEFINED: 1 })
    expect(vulnerabilitiesOf(untriaged)).toMatchObject([{ id: 'CVE-1', severity: 'UNDEFINED' }])
  })
})
