import { BatchDeleteImageCommand, type ECRClient, type EnhancedImageScanFinding } from '@aws-sdk/client-ecr'
import { beforeEach, describe, expect, it } from 'vitest'
import type { PlantedFindings } from '../../src/rules/planted-findings.ts'
import { anImage, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { DEFAULT_ACCOUNT, repositoryArnOf } from '../support/refusals.ts'
import { ACTIVE, configureScanning, describeFindings, eventsOf } from '../support/scanning.ts'

const NOW = '2027-12-03T18:02:30Z'

/** What is planted for every image: a finding of each title in one package. */
const finding = (...titles: string[]): PlantedFindings[] => [
  {
    imageScanFindings: {
      enhancedFindings: titles.map((vulnerabilityId) => ({
        severity: 'HIGH',
        score: 7.5,
        packageVulnerabilityDetails: { vulnerabilityId, vulnerablePackages: [{ name: 'libssl3' }] },
      })),
    },
  },
]

describe('a continuous scan', () => {
  const ecr = emulator()
  let client: ECRClient
  let repositoryName: string
  let imageDigest: string
  beforeEach(async () => {
    await ecr.server.reset()
    await ecr.server.clock({ now: NOW, frozen: true })
    client = ecr.client()
    await configureScanning(client, 'ENHANCED', { CONTINUOUS_SCAN: ['*'] })
    await ecr.server.findings(finding('CVE-1', 'CVE-2'))
    repositoryName = await aRepository(client)
    imageDigest = (await anImage(client, repositoryName, { imageTag: 'v1' })).digest
    await ecr.server.clock()
  })

  const found = () => describeFindings(client, { repositoryName, imageId: { imageDigest } })
  const idsOf = (findings: EnhancedImageScanFinding[] | undefined) =>
    findings?.map(({ packageVulnerabilityDetails }) => packageVulnerabilityDetails?.vulnerabilityId)
  const completedAt = async () => (await found()).imageScanFindings?.imageScanCompletedAt?.toISOString()

  it('tells its first end, and each finding, as events of Inspector', async () => {
    const arn = repositoryArnOf(repositoryName)
    expect(await eventsOf(ecr, 'Inspector2 Scan', repositoryName)).toEqual([
      {
        version: '0',
        id: expect.any(String),
        'detail-type': 'Inspector2 Scan',
        source: 'aws.inspector2',
        account: DEFAULT_ACCOUNT,
        time: NOW,
        region: 'eu-west-1',
        resources: [arn],
        detail: {
          'scan-status': 'INITIAL_SCAN_COMPLETE',
          'repository-name': arn,
          'finding-severity-counts': { HIGH: 2, TOTAL: 2 },
          'image-digest': imageDigest,
          'image-tags': ['v1'],
        },
      },
    ])
    const { imageScanFindings } = await found()
    const words = 'Dec 3, 2027, 6:02:30 PM'
    expect(await eventsOf(ecr, 'Inspector2 Finding', repositoryName)).toMatchObject(
      (imageScanFindings?.enhancedFindings ?? []).map(({ findingArn }) => ({
        source: 'aws.inspector2',
        resources: [`${arn}/${imageDigest}`],
        detail: {
          findingArn,
          severity: 'HIGH',
          status: 'ACTIVE',
          inspectorScore: 7.5,
          firstObservedAt: words,
          lastObservedAt: words,
          updatedAt: words,
          resources: [{ details: { awsEcrContainerImage: { imageHash: imageDigest, pushedAt: words } } }],
        },
      })),
    )
  })

  it('comes again a day after the last one', async () => {
    await ecr.server.clock({ advance: 'PT23H' })
    expect(await completedAt()).toBe('2027-12-03T18:02:30.000Z')
    await ecr.server.clock({ advance: 'PT1H' })
    expect(await completedAt()).toBe('2027-12-04T18:02:30.000Z')
    await ecr.server.clock({ advance: 'P30D' })
    expect(await completedAt()).toBe('2028-01-03T18:02:30.000Z')
    expect((await found()).imageScanStatus).toEqual(ACTIVE)
  })

  it('comes again when what is planted changes, and tells what is new and what is gone', async () => {
    const before = (await found()).imageScanFindings?.enhancedFindings
    await ecr.server.clock({ advance: 'PT1H' })
    await ecr.server.findings(finding('CVE-2', 'CVE-3'))

    const { imageScanFindings } = await found()
    const after = imageScanFindings?.enhancedFindings
    expect(idsOf(after)).toEqual(['CVE-2', 'CVE-3'])
    const [firstObservedAt, lastObservedAt] = [new Date(NOW), new Date('2027-12-03T19:02:30Z')]
    expect(after).toMatchObject([
      { findingArn: before?.[1]?.findingArn, firstObservedAt, lastObservedAt },
      { firstObservedAt: lastObservedAt, lastObservedAt },
    ])
    const events = await eventsOf(ecr, 'Inspector2 Finding', repositoryName)
    expect(
      events
        .slice(2)
        .map(({ detail }) => [detail.packageVulnerabilityDetails.vulnerabilityId, detail.status]),
    ).toEqual([
      ['CVE-3', 'ACTIVE'],
      ['CVE-1', 'CLOSED'],
    ])
    expect(await eventsOf(ecr, 'Inspector2 Scan', repositoryName)).toHaveLength(1)
  })

  it('comes again after the clock was put back', async () => {
    await ecr.server.clock({ now: '2027-11-01T00:00:00Z' })
    expect(await completedAt()).toBe('2027-11-01T00:00:00.000Z')
    await ecr.server.clock({ now: '2027-10-01T00:00:00Z' })
    await ecr.server.findings(finding('CVE-3'))
    expect(idsOf((await found()).imageScanFindings?.enhancedFindings)).toEqual(['CVE-3'])
  })

  it('does not come for findings that are planted again as they were', async () => {
    await ecr.server.clock({ advance: 'PT1H' })
    await ecr.server.findings(finding('CVE-1', 'CVE-2'))
    expect(await completedAt()).toBe('2027-12-03T18:02:30.000Z')
  })

  it('keeps what it found when it fails once, and goes on', async () => {
    await ecr.server.findings([{ status: 'FAILED', description: 'No.' }])
    expect((await found()).imageScanStatus).toEqual({ status: 'FAILED', description: 'No.' })
    await ecr.server.findings(finding('CVE-1', 'CVE-2'))
    expect((await found()).imageScanStatus).toEqual(ACTIVE)
    expect(await eventsOf(ecr, 'Inspector2 Finding', repositoryName)).toHaveLength(2)
  })

  it('ends with its image', async () => {
    await client.send(new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageDigest }] }))
    await ecr.server.findings(finding('CVE-3'))
    await ecr.server.clock({ advance: 'P2D' })
    expect(await eventsOf(ecr, 'Inspector2 Finding', repositoryName)).toHaveLength(2)
  })

  it('leaves images alone while their registry scans otherwise', async () => {
    await configureScanning(client, 'BASIC')
    await ecr.server.clock({ advance: 'P2D' })
    await ecr.server.findings(finding('CVE-3'))
    expect(await eventsOf(ecr, 'Inspector2 Finding', repositoryName)).toHaveLength(2)

    await configureScanning(client, 'ENHANCED', { CONTINUOUS_SCAN: ['*'] })
    await ecr.server.clock()
    expect(idsOf((await found()).imageScanFindings?.enhancedFindings)).toEqual(['CVE-3'])
  })
})
