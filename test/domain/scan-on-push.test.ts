import {
  DescribeImagesCommand,
  type ECRClient,
  PutImageCommand,
  UpdateImageStorageClassCommand,
  waitUntilImageScanComplete,
} from '@aws-sdk/client-ecr'
import { beforeEach, describe, expect, it } from 'vitest'
import { DOCKER_CONFIG, DOCKER_MANIFEST } from '../../src/rules/media-types.ts'
import { anImage, anIndex, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { registryClient } from '../support/registry.ts'
import { configureScanning, describeFindings, eventsOf } from '../support/scanning.ts'

const HELM = 'application/vnd.cncf.helm.config.v1+json'

describe('a scan on push', () => {
  const ecr = emulator()
  let client: ECRClient
  beforeEach(async () => {
    await ecr.server.reset()
    client = ecr.client()
  })

  /** Statuses of the scans of all images of a repository, in the order of their push. */
  async function statusesOf(repositoryName: string): Promise<(string | undefined)[]> {
    await ecr.server.clock()
    const { imageDetails = [] } = await client.send(new DescribeImagesCommand({ repositoryName }))
    return Promise.all(
      imageDetails.map(async ({ imageDigest }) => {
        const scan = describeFindings(client, { repositoryName, imageId: { imageDigest } })
        return (await scan.catch(unlessScanned))?.imageScanStatus?.status
      }),
    )
  }

  function unlessScanned(error: Error): undefined {
    if (error.name !== 'ScanNotFoundException') throw error
  }

  it.each([
    ['BASIC', { SCAN_ON_PUSH: ['prod'] }, 'COMPLETE'],
    ['ENHANCED', { SCAN_ON_PUSH: ['prod'] }, 'COMPLETE'],
    ['ENHANCED', { CONTINUOUS_SCAN: ['prod'], SCAN_ON_PUSH: ['*'] }, 'ACTIVE'],
    ['ENHANCED', { SCAN_ON_PUSH: ['test'] }, undefined],
    ['BASIC', {}, undefined],
  ] as const)('with %s and rules %j, at either door, is %s', async (scanType, rules, status) => {
    const filters = Object.fromEntries(Object.entries(rules).map(([name, list]) => [name, [...list]]))
    await configureScanning(client, scanType, filters)
    const repositoryName = await aRepository(client, { repositoryName: 'prod/app' })
    await anImage(client, repositoryName, { imageTag: 'one' })
    await registryClient(ecr).pushImage(repositoryName, 'two', {
      mediaType: DOCKER_MANIFEST,
      configType: DOCKER_CONFIG,
    })
    expect(await statusesOf(repositoryName)).toEqual([status, status])
  })

  it.each([
    ['BASIC', true, 'COMPLETE'],
    ['ENHANCED', true, undefined],
    ['BASIC', false, undefined],
  ] as const)(
    "with %s and the repository's own scanOnPush %s is %s",
    async (scanType, scanOnPush, status) => {
      await configureScanning(client, scanType)
      const repositoryName = await aRepository(client, { imageScanningConfiguration: { scanOnPush } })
      await anImage(client, repositoryName)
      expect(await statusesOf(repositoryName)).toEqual([status])
    },
  )

  it('comes once for an image, however often it is tagged', async () => {
    const repositoryName = await aRepository(client, { imageScanningConfiguration: { scanOnPush: true } })
    const { text } = await anImage(client, repositoryName, { imageTag: 'one' })
    await ecr.server.clock({ advance: 'P2D' })
    await client.send(new PutImageCommand({ repositoryName, imageManifest: text, imageTag: 'two' }))
    await ecr.server.clock()
    const events = await eventsOf(ecr, 'ECR Image Scan', repositoryName)
    expect(events.map(({ detail }) => detail['image-tags'])).toEqual([['one']])
  })

  it.each([
    ['BASIC', undefined],
    ['ENHANCED', 'UNSUPPORTED_IMAGE'],
  ] as const)(
    'with %s looks into the images of an index, and into no chart: %s',
    async (scanType, status) => {
      await configureScanning(client, scanType, { SCAN_ON_PUSH: ['*'] })
      const repositoryName = await aRepository(client)
      const image = await anImage(client, repositoryName)
      await anIndex(client, repositoryName, [image])
      await anImage(client, repositoryName, { configType: HELM })
      expect(await statusesOf(repositoryName)).toEqual(['COMPLETE', status, status])
    },
  )

  it('says of what it cannot look into why', async () => {
    await configureScanning(client, 'ENHANCED', { SCAN_ON_PUSH: ['*'] })
    const repositoryName = await aRepository(client)
    const { digest: imageDigest } = await anImage(client, repositoryName, { configType: HELM })
    const { imageScanStatus } = await describeFindings(client, { repositoryName, imageId: { imageDigest } })
    expect(imageScanStatus).toEqual({
      status: 'UNSUPPORTED_IMAGE',
      description: `An artifact with media type '${HELM}' cannot be scanned.`,
    })
  })

  it('comes again when an image comes back from the archive', async () => {
    const repositoryName = await aRepository(client, { imageScanningConfiguration: { scanOnPush: true } })
    const { digest: imageDigest } = await anImage(client, repositoryName)
    await ecr.server.clock()
    for (const targetStorageClass of ['ARCHIVE', 'STANDARD'] as const)
      await client.send(
        new UpdateImageStorageClassCommand({ repositoryName, imageId: { imageDigest }, targetStorageClass }),
      )
    await ecr.server.clock({ advance: 'PT1H' })
    expect(await statusesOf(repositoryName)).toEqual(['COMPLETE'])
    expect(await eventsOf(ecr, 'ECR Image Scan', repositoryName)).toHaveLength(2)
  })

  it('finds what is planted, as the waiter of the SDK is told, and says so in its event', async () => {
    await ecr.server.findings([
      { tag: 'bad', status: 'FAILED', description: 'No.' },
      { imageScanFindings: { findings: [{ name: 'CVE-1', severity: 'HIGH' }] } },
    ])
    const repositoryName = await aRepository(client, { imageScanningConfiguration: { scanOnPush: true } })
    await anImage(client, repositoryName, { imageTag: 'good' })
    const waited = waitUntilImageScanComplete(
      { client, maxWaitTime: 20, minDelay: 0.01, maxDelay: 0.05 },
      { repositoryName, imageId: { imageTag: 'good' } },
    )
    const imageScanFindings = { findings: [{ name: 'CVE-1', severity: 'HIGH' }] }
    expect(await waited).toMatchObject({ state: 'SUCCESS', reason: { imageScanFindings } })
    await anImage(client, repositoryName, { imageTag: 'bad' })
    expect(await statusesOf(repositoryName)).toEqual(['COMPLETE', 'FAILED'])
    const events = await eventsOf(ecr, 'ECR Image Scan', repositoryName)
    expect(events.map(({ detail }) => [detail['scan-status'], detail['finding-severity-counts']])).toEqual([
      ['COMPLETE', { HIGH: 1 }],
      ['FAILED', {}],
    ])
  })
})
