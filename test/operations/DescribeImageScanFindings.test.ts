import {
  type DescribeImageScanFindingsCommandInput,
  DescribeImagesCommand,
  type ECRClient,
  PutAccountSettingCommand,
  UpdateImageStorageClassCommand,
} from '@aws-sdk/client-ecr'
import { beforeEach, describe, expect, it } from 'vitest'
import type { PlantedFindings } from '../../src/rules/planted-findings.ts'
import { anImage, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { allPages, altered } from '../support/pages.ts'
import {
  accessDenied,
  DEFAULT_ACCOUNT,
  invalidParameter,
  invalidRepositoryMembers,
  refusal,
  repositoryArnOf,
  repositoryNotFound,
} from '../support/refusals.ts'
import { COMPLETE, configureScanning, describeFindings, scan, scanNotFound } from '../support/scanning.ts'

const NOW = '2027-05-05T05:05:05Z'

describe('DescribeImageScanFindings', () => {
  const ecr = emulator()
  let client: ECRClient
  let repositoryName: string
  beforeEach(async () => {
    await ecr.server.reset()
    await ecr.server.clock({ now: NOW, frozen: true })
    client = ecr.client()
    repositoryName = await aRepository(client)
  })

  const plant = (imageScanFindings: PlantedFindings['imageScanFindings']) =>
    ecr.server.findings([{ imageScanFindings }])
  const scanned = async () =>
    scan(ecr, client, repositoryName, (await anImage(client, repositoryName)).digest)

  describe('validation', () => {
    it.each([
      ...invalidRepositoryMembers,
      ['imageId', 'Member must not be null', { imageId: undefined }] as const,
      ['maxResults', 'Member must have value greater than or equal to 1', { maxResults: 0 }] as const,
      ['maxResults', 'Member must have value less than or equal to 1000', { maxResults: 1001 }] as const,
    ])('refuses %s: %s', async (member, constraint, input) => {
      const valid = { repositoryName: 'repository', imageId: { imageTag: 'v1' } }
      const sent = describeFindings(client, { ...valid, ...input } as DescribeImageScanFindingsCommandInput)
      await expect(sent).rejects.toMatchObject(invalidParameter(member, constraint))
    })
  })

  describe('refusals', () => {
    it('refuses a repository, an image or a scan that is not there', async () => {
      const imageId = { imageTag: 'v1' }
      await expect(describeFindings(client, { repositoryName: 'missing', imageId })).rejects.toMatchObject(
        repositoryNotFound('missing'),
      )
      await expect(describeFindings(client, { repositoryName, imageId })).rejects.toMatchObject(
        refusal(
          'ImageNotFoundException',
          `The image with imageId {imageDigest:'null', imageTag:'v1'} does not exist within the repository with name '${repositoryName}' in the registry with id '${DEFAULT_ACCOUNT}'`,
        ),
      )
      const { digest: imageDigest } = await anImage(client, repositoryName)
      await expect(
        describeFindings(client, { repositoryName, imageId: { imageDigest } }),
      ).rejects.toMatchObject(scanNotFound(repositoryName, imageDigest))
    })

    it('refuses callers of other accounts', async () => {
      const registryId = '222233334444'
      await expect(
        describeFindings(client, { registryId, repositoryName, imageId: { imageTag: 'v1' } }),
      ).rejects.toMatchObject(
        accessDenied(
          'ecr:DescribeImageScanFindings',
          repositoryArnOf(repositoryName, { accountId: registryId }),
        ),
      )
    })
  })

  describe('effects', () => {
    it('tells of an image in the archive that it is there, and forgets what it found', async () => {
      const { digest: imageDigest } = await anImage(client, repositoryName)
      const imageId = { imageDigest }
      await scan(ecr, client, repositoryName, imageDigest)
      const move = (targetStorageClass: 'ARCHIVE' | 'STANDARD') =>
        client.send(new UpdateImageStorageClassCommand({ repositoryName, imageId, targetStorageClass }))
      await move('ARCHIVE')
      const { imageScanStatus, imageScanFindings } = await describeFindings(client, {
        repositoryName,
        imageId,
      })
      expect(imageScanStatus).toEqual({ status: 'IMAGE_ARCHIVED', description: 'The image is archived.' })
      expect(imageScanFindings).toBeUndefined()

      await move('STANDARD')
      await ecr.server.clock({ advance: 'PT1H' })
      await expect(describeFindings(client, { repositoryName, imageId })).rejects.toMatchObject(
        scanNotFound(repositoryName, imageDigest),
      )
    })

    it('tells what a basic scan found, by tag too, with its counts and times', async () => {
      const findings = [
        { name: 'CVE-1', severity: 'HIGH' as const, uri: 'https://example.com/1', description: 'One.' },
        { name: 'CVE-2', severity: 'LOW' as const, attributes: [{ key: 'package_name', value: 'libssl3' }] },
        { name: 'CVE-3', severity: 'HIGH' as const },
      ]
      await plant({ findings, vulnerabilitySourceUpdatedAt: '2027-01-01T00:00:00Z' })
      const { digest: imageDigest } = await anImage(client, repositoryName, { imageTag: 'v1' })
      await scan(ecr, client, repositoryName, imageDigest)

      const { $metadata, ...answer } = await describeFindings(client, {
        repositoryName,
        imageId: { imageTag: 'v1' },
      })
      expect(answer).toEqual({
        registryId: DEFAULT_ACCOUNT,
        repositoryName,
        imageId: { imageDigest, imageTag: 'v1' },
        imageScanStatus: COMPLETE,
        imageScanFindings: {
          findings,
          findingSeverityCounts: { HIGH: 2, LOW: 1 },
          imageScanCompletedAt: new Date(NOW),
          vulnerabilitySourceUpdatedAt: new Date('2027-01-01T00:00:00Z'),
        },
      })
    })

    it('tells what an enhanced scan found, with all that Inspector adds', async () => {
      await configureScanning(client, 'ENHANCED', { SCAN_ON_PUSH: ['*'] })
      const details = { vulnerabilityId: 'CVE-1', vendorUpdatedAt: '2027-01-01T00:00:00Z' }
      await plant({
        enhancedFindings: [
          { severity: 'CRITICAL', title: 'CVE-1 - a', packageVulnerabilityDetails: details },
        ],
      })
      const { digest: imageDigest } = await anImage(client, repositoryName, { imageTag: 'v1' })
      await ecr.server.clock()
      const { imageScanStatus, imageScanFindings } = await describeFindings(client, {
        repositoryName,
        imageId: { imageDigest },
      })

      expect(imageScanStatus).toEqual(COMPLETE)
      const now = new Date(NOW)
      expect(imageScanFindings).toEqual({
        findingSeverityCounts: { CRITICAL: 1 },
        imageScanCompletedAt: now,
        enhancedFindings: [
          {
            awsAccountId: DEFAULT_ACCOUNT,
            findingArn: expect.stringMatching(
              new RegExp(`^arn:aws:inspector2:eu-west-1:${DEFAULT_ACCOUNT}:finding/[0-9a-f]{32}$`),
            ),
            firstObservedAt: now,
            lastObservedAt: now,
            updatedAt: now,
            severity: 'CRITICAL',
            status: 'ACTIVE',
            title: 'CVE-1 - a',
            type: 'PACKAGE_VULNERABILITY',
            packageVulnerabilityDetails: { ...details, vendorUpdatedAt: new Date('2027-01-01T00:00:00Z') },
            remediation: { recommendation: { text: 'None Provided' } },
            resources: [
              {
                id: `${repositoryArnOf(repositoryName)}/${imageDigest}`,
                type: 'AWS_ECR_CONTAINER_IMAGE',
                tags: {},
                details: {
                  awsEcrContainerImage: {
                    imageHash: imageDigest,
                    imageTags: ['v1'],
                    pushedAt: now,
                    registry: DEFAULT_ACCOUNT,
                    repositoryName,
                  },
                },
              },
            ],
          },
        ],
      })
    })

    it.each([
      'FAILED',
      'FINDINGS_UNAVAILABLE',
      'IMAGE_SIZE_EXCEEDED',
      'LIMIT_EXCEEDED',
      'SCAN_ELIGIBILITY_EXPIRED',
      'UNSUPPORTED_IMAGE',
    ] as const)('tells of a scan that ended with %s', async (status) => {
      const description =
        'UnsupportedImageError: The operating system and/or package manager are not supported.'
      await ecr.server.findings([{ status, description }])
      const { imageScanStatus, imageScanFindings } = await scanned()
      expect(imageScanStatus).toEqual({ status, description })
      expect(imageScanFindings).toBeUndefined()
    })

    it.each([
      ['BASIC', 'AWS_NATIVE', false],
      ['BASIC', 'CLAIR', true],
      ['ENHANCED', 'AWS_NATIVE', true],
    ] as const)(
      'of type %s, by %s, is summed up by DescribeImages: %s',
      async (scanType, value, isSummed) => {
        await client.send(new PutAccountSettingCommand({ name: 'BASIC_SCAN_TYPE_VERSION', value }))
        await configureScanning(client, scanType, { SCAN_ON_PUSH: ['*'] })
        await plant({ findings: [{ name: 'CVE-1', severity: 'MEDIUM' }] })
        const { digest: imageDigest } = await anImage(client, repositoryName)
        await ecr.server.clock()

        const imageScanFindingsSummary = {
          findingSeverityCounts: { MEDIUM: 1 },
          imageScanCompletedAt: new Date(NOW),
        }
        for (const imageIds of [undefined, [{ imageDigest }]]) {
          const { imageDetails } = await client.send(new DescribeImagesCommand({ repositoryName, imageIds }))
          const scans = imageDetails?.map((image) => [image.imageScanStatus, image.imageScanFindingsSummary])
          expect(scans).toEqual([isSummed ? [COMPLETE, imageScanFindingsSummary] : [undefined, undefined]])
        }
      },
    )
  })

  describe('pagination', () => {
    const names = Array.from({ length: 250 }, (_, index) => `CVE-${index}`)

    it.each([
      [undefined, [100, 100, 50]],
      [125, [125, 125]],
      [1000, [250]],
    ])('with maxResults %s cuts the findings of a basic scan', async (maxResults, lengths) => {
      await plant({ findings: names.map((name) => ({ name, severity: 'LOW' })) })
      const { imageId } = await scanned()
      const pages = await allPages(async (nextToken) => {
        const page = await describeFindings(client, { repositoryName, imageId, maxResults, nextToken })
        expect(page.imageScanStatus).toEqual(COMPLETE)
        expect(page.imageScanFindings?.findingSeverityCounts).toEqual({ LOW: 250 })
        return { items: page.imageScanFindings?.findings, nextToken: page.nextToken }
      })
      expect(pages.map(({ length }) => length)).toEqual(lengths)
      expect(pages.flat().map(({ name }) => name)).toEqual(names)
    })

    it('cuts the findings of an enhanced scan', async () => {
      await configureScanning(client, 'ENHANCED', { SCAN_ON_PUSH: ['*'] })
      await plant({ enhancedFindings: names.slice(0, 3).map((title) => ({ title, severity: 'LOW' })) })
      const imageId = { imageDigest: (await anImage(client, repositoryName)).digest }
      await ecr.server.clock()
      const pages = await allPages(async (nextToken) => {
        const page = await describeFindings(client, { repositoryName, imageId, maxResults: 2, nextToken })
        return { items: page.imageScanFindings?.enhancedFindings, nextToken: page.nextToken }
      })
      expect(pages.map((page) => page.map(({ title }) => title))).toEqual([['CVE-0', 'CVE-1'], ['CVE-2']])
    })

    it('refuses a token that it did not give for this image', async () => {
      await plant({ findings: names.map((name) => ({ name, severity: 'LOW' })) })
      const { imageId, nextToken } = await scanned()
      const refused = invalidParameter('nextToken', 'Invalid nextToken')
      await expect(
        describeFindings(client, { repositoryName, imageId, nextToken: altered(nextToken) }),
      ).rejects.toMatchObject(refused)
      const other = await scanned()
      await expect(
        describeFindings(client, { repositoryName, imageId: other.imageId, nextToken }),
      ).rejects.toMatchObject(refused)
    })
  })
})
