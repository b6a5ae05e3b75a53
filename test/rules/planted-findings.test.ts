import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { parseDigest } from '../../src/rules/digest.ts'
import { outcomeFor, plantedFindingsList, type ScannedImage } from '../../src/rules/planted-findings.ts'
import { GRYPE_REPORT, TRIVY_REPORT } from '../support/scanning.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`
const image = {
  registry: { accountId: '000000000000', region: 'eu-west-1' },
  repositoryName: 'team/app',
  digest: parseDigest(DIGEST),
  tags: ['v1.2', 'latest'],
} as ScannedImage

const imageScanFindings = { findings: [{ name: 'CVE-1', severity: 'HIGH' }] }

describe('outcomeFor', () => {
  const isFor = (selectors: object) =>
    outcomeFor(plantedFindingsList.parse([{ ...selectors, imageScanFindings }]), image) !== undefined

  it.each([
    [{}, true],
    [{ repository: 'team/app' }, true],
    [{ repository: 'team/*' }, true],
    [{ repository: 'app' }, false],
    [{ tag: 'v1.*' }, true],
    [{ tag: 'v2.*' }, false],
    [{ digest: DIGEST }, true],
    [{ digest: `sha256:${'b'.repeat(64)}` }, false],
    [{ registry: '000000000000/eu-west-1' }, true],
    [{ registry: '000000000000/us-east-1' }, false],
    [{ repository: 'team/*', tag: 'latest', digest: DIGEST }, true],
    [{ repository: 'team/*', tag: 'oldest', digest: DIGEST }, false],
  ])('%j: %s', (selectors, expected) => {
    expect(isFor(selectors)).toBe(expected)
  })

  it('takes the first entry that fits', () => {
    const status = { status: 'FAILED', description: 'first' }
    const planted = plantedFindingsList.parse([
      { tag: 'none', ...status, description: 'no' },
      status,
      { grype: GRYPE_REPORT },
    ])
    expect(outcomeFor(planted, image)).toEqual({ status: 'FAILED', description: 'first' })
  })

  it.each([
    ['trivy', TRIVY_REPORT, 'CVE-2026-1111'],
    ['grype', GRYPE_REPORT, 'CVE-2026-2222'],
    ['imageScanFindings', imageScanFindings, 'CVE-1'],
    ['imageScanFindings', { enhancedFindings: [{ severity: 'LOW', title: 'CVE-2' }] }, 'CVE-2'],
  ])('knows the findings of both types by %s', (source, findings, id) => {
    const outcome = outcomeFor(plantedFindingsList.parse([{ [source]: findings }]), image)
    expect(outcome).toHaveProperty('basic.0.name', id)
    expect(outcome).toHaveProperty('enhanced.0.title', expect.stringMatching(`^${id}`))
  })

  it('reads an answer of DescribeImageScanFindings whole, with either form of times', () => {
    const counts = { findingSeverityCounts: { HIGH: 1 }, imageScanCompletedAt: 1 }
    const read = (vulnerabilitySourceUpdatedAt: unknown) =>
      outcomeFor(
        plantedFindingsList.parse([
          { imageScanFindings: { ...imageScanFindings, ...counts, vulnerabilitySourceUpdatedAt } },
        ]),
        image,
      )
    const sourceUpdatedAt = new Date('2026-01-02T03:04:05Z')
    expect(read('2026-01-02T04:04:05.000000+01:00')).toMatchObject({ sourceUpdatedAt })
    expect(read(sourceUpdatedAt.getTime() / 1000)).toMatchObject({ sourceUpdatedAt })
  })
})

describe('plantedFindingsList', () => {
  const EXACTLY_ONE = '✖ An entry has exactly one of imageScanFindings, trivy, grype, status\n  → at [0]'

  it.each([
    [{}, '✖ Invalid input: expected array, received object'],
    [[{ repository: 'a' }], EXACTLY_ONE],
    [[{ imageScanFindings, trivy: TRIVY_REPORT }], EXACTLY_ONE],
    [[{ status: 'FAILED' }], '✖ A status and a description go together\n  → at [0]'],
    [[{ imageScanFindings, description: 'text' }], '✖ A status and a description go together\n  → at [0]'],
    [[{ imageScanFindings, repositoryName: 'a' }], '✖ Unrecognized key: "repositoryName"\n  → at [0]'],
    [
      [{ imageScanFindings, digest: 'sha256:1' }],
      '✖ A digest is sha256:<64 hexadecimal digits> or sha512:<128 hexadecimal digits>\n  → at [0].digest',
    ],
    [
      [{ imageScanFindings, registry: 'here' }],
      '✖ A registry is <account>/<region>, such as 000000000000/us-east-1\n  → at [0].registry',
    ],
    [
      [{ imageScanFindings: { findings: [{ name: 'CVE-1', severity: 'BAD' }] } }],
      '✖ Invalid option: expected one of "CRITICAL"|"HIGH"|"MEDIUM"|"LOW"|"INFORMATIONAL"|"UNDEFINED"\n  → at [0].imageScanFindings.findings[0].severity',
    ],
    [[{ trivy: GRYPE_REPORT }], '✖ Invalid input: expected 2\n  → at [0].trivy.SchemaVersion'],
    [
      [{ grype: TRIVY_REPORT }],
      '✖ Invalid input: expected array, received undefined\n  → at [0].grype.matches',
    ],
  ])('refuses %j', (planted, message) => {
    const { error } = plantedFindingsList.safeParse(planted)
    expect(error && z.prettifyError(error)).toBe(message)
  })

  it.each([1e18, 253402300800, '0000-01-01T00:00:00+01:00'])(
    'refuses the time %s, which ISO 8601 cannot say',
    (vulnerabilitySourceUpdatedAt) => {
      const { error } = plantedFindingsList.safeParse([
        { imageScanFindings: { vulnerabilitySourceUpdatedAt } },
      ])
      expect(error?.issues[0]?.message).toBe('A time lies in the years 0 to 9999')
    },
  )

  it.each([{ key: '' }, { key: 'package_name', value: '' }, { key: 'package_name', value: 'a'.repeat(257) }])(
    'refuses %j, which no answer may hold',
    (attribute) => {
      const findings = [{ name: 'CVE-1', severity: 'LOW', attributes: [attribute] }]
      const { error } = plantedFindingsList.safeParse([{ imageScanFindings: { findings } }])
      expect(error?.issues[0]?.path.slice(0, 6)).toEqual([
        0,
        'imageScanFindings',
        'findings',
        0,
        'attributes',
        0,
      ])
    },
  )
})
