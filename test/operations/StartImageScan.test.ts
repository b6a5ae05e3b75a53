import {
  type ECRClient,
  StartImageScanCommand,
  type StartImageScanCommandInput,
  UpdateImageStorageClassCommand,
  waitUntilImageScanComplete,
} from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it } from 'vitest'
import { OCI_INDEX } from '../../src/rules/media-types.ts'
import { anImage, anIndex, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import {
  accessDenied,
  DEFAULT_ACCOUNT,
  invalidParameter,
  invalidRepositoryMembers,
  refusal,
  repositoryArnOf,
  repositoryNotFound,
} from '../support/refusals.ts'
import {
  COMPLETE,
  configureScanning,
  describeFindings,
  eventsOf,
  NO_SOURCE,
  scan,
} from '../support/scanning.ts'

const HELM = 'application/vnd.cncf.helm.config.v1+json'

describe('StartImageScan', () => {
  const ecr = emulator({ quotas: { basicScansPerDay: 3 } })
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })

  const send = (input: object, by = client) =>
    by.send(new StartImageScanCommand(input as StartImageScanCommandInput))
  const start = (repositoryName: string, imageDigest: string, by = client) =>
    send({ repositoryName, imageId: { imageDigest } }, by)
  const cannotBeScanned = (mediaType: string) =>
    refusal('UnsupportedImageTypeException', `An artifact with media type '${mediaType}' cannot be scanned.`)
  const tooSoon = refusal(
    'LimitExceededException',
    'The scan quota per image has been exceeded. Wait and try again.',
  )

  describe('validation', () => {
    it.each([
      ...invalidRepositoryMembers,
      ['imageId', 'Member must not be null', { imageId: undefined }] as const,
    ])('refuses %s: %s', async (member, constraint, input) => {
      const valid = { repositoryName: 'repository', imageId: { imageTag: 'v1' } }
      await expect(send({ ...valid, ...input })).rejects.toMatchObject(invalidParameter(member, constraint))
    })
  })

  describe('refusals', () => {
    it('refuses a repository or an image that is not there', async () => {
      const repositoryName = await aRepository(client)
      const imageId = { imageTag: 'v1' }
      await expect(send({ repositoryName: 'missing', imageId })).rejects.toMatchObject(
        repositoryNotFound('missing'),
      )
      await expect(send({ repositoryName, imageId })).rejects.toMatchObject(
        refusal(
          'ImageNotFoundException',
          `The image with imageId {imageDigest:'null', imageTag:'v1'} does not exist within the repository with name '${repositoryName}' in the registry with id '${DEFAULT_ACCOUNT}'`,
        ),
      )
    })

    it('refuses callers of other accounts', async () => {
      const registryId = '222233334444'
      await expect(
        send({ repositoryName: 'repository', registryId, imageId: { imageTag: 'v1' } }),
      ).rejects.toMatchObject(
        accessDenied('ecr:StartImageScan', repositoryArnOf('repository', { accountId: registryId })),
      )
    })

    it('refuses what is no image of a container', async () => {
      const repositoryName = await aRepository(client)
      const image = await anImage(client, repositoryName)
      const index = await anIndex(client, repositoryName, [image])
      const chart = await anImage(client, repositoryName, { configType: HELM })
      await expect(start(repositoryName, index.digest)).rejects.toMatchObject(cannotBeScanned(OCI_INDEX))
      await expect(start(repositoryName, chart.digest)).rejects.toMatchObject(cannotBeScanned(HELM))
    })

    it('refuses an image in the archive', async () => {
      const repositoryName = await aRepository(client)
      const { digest: imageDigest } = await anImage(client, repositoryName)
      await client.send(
        new UpdateImageStorageClassCommand({
          repositoryName,
          imageId: { imageDigest },
          targetStorageClass: 'ARCHIVE',
        }),
      )
      await expect(start(repositoryName, imageDigest)).rejects.toMatchObject(
        refusal(
          'ImageArchivedException',
          `The image with imageId {imageDigest:'${imageDigest}', imageTag:'null'} in the repository with name '${repositoryName}' in the registry with id '${DEFAULT_ACCOUNT}' is archived and cannot be scanned`,
        ),
      )
    })

    it('refuses where the registry scans by Inspector', async () => {
      const other = ecr.client({ accessKeyId: '111122223333' })
      const repositoryName = await aRepository(other)
      const { digest } = await anImage(other, repositoryName)
      await configureScanning(other, 'ENHANCED')
      await expect(start(repositoryName, digest, other)).rejects.toMatchObject(
        refusal('ValidationException', 'This feature is disabled'),
      )
    })

    it('refuses a second scan within 24 hours, the one of the push included', async () => {
      const other = ecr.client({ accessKeyId: '444455556666' })
      const repositoryName = await aRepository(other, { imageScanningConfiguration: { scanOnPush: true } })
      const { digest } = await anImage(other, repositoryName)
      await expect(start(repositoryName, digest, other)).rejects.toMatchObject(tooSoon)
      await ecr.server.clock({ advance: 'PT23H' })
      await expect(start(repositoryName, digest, other)).rejects.toMatchObject(tooSoon)
      await ecr.server.clock({ advance: 'PT1H' })
      expect(await start(repositoryName, digest, other)).toBeDefined()
      // What is to come, by a clock that was put back, counts for nothing.
      await ecr.server.clock({ reset: true })
      expect(await start(repositoryName, digest, other)).toBeDefined()
    })

    it('refuses more scans of a registry in 24 hours than its quota, at a push silently', async () => {
      const other = ecr.client({ accessKeyId: '777788889999' })
      const repositoryName = await aRepository(other)
      const images = []
      for (let count = 0; count < 4; count += 1) images.push(await anImage(other, repositoryName))
      const [last, ...first] = images.reverse()
      for (const { digest } of first) await start(repositoryName, digest, other)
      const quota = refusal(
        'LimitExceededException',
        'The operation did not succeed because it would have exceeded the service quota of 3 for basic scans in 24 hours.',
      )
      await expect(start(repositoryName, last?.digest ?? '', other)).rejects.toMatchObject(quota)

      const scanned = await aRepository(other, { imageScanningConfiguration: { scanOnPush: true } })
      const { digest: imageDigest } = await anImage(other, scanned)
      const { imageScanStatus } = await describeFindings(other, {
        repositoryName: scanned,
        imageId: { imageDigest },
      })
      expect(imageScanStatus).toEqual({
        status: 'LIMIT_EXCEEDED',
        description: 'The scan quota of the registry has been exceeded.',
      })
      await ecr.server.clock({ advance: 'P1D' })
      expect(await start(scanned, imageDigest, other)).toBeDefined()
    })
  })

  describe('effects', () => {
    it('answers that it is under way, with the digest of the tag', async () => {
      const other = ecr.client({ region: 'eu-north-1' })
      const repositoryName = await aRepository(other)
      const { digest: imageDigest } = await anImage(other, repositoryName, { imageTag: 'v1' })
      expect(await send({ repositoryName, imageId: { imageTag: 'v1' } }, other)).toMatchObject({
        registryId: DEFAULT_ACCOUNT,
        repositoryName,
        imageId: { imageDigest, imageTag: 'v1' },
        imageScanStatus: { status: 'IN_PROGRESS' },
      })
    })

    it('ends as the waiter of the SDK expects', async () => {
      const other = ecr.client({ region: 'eu-north-2' })
      const repositoryName = await aRepository(other)
      const imageId = { imageDigest: (await anImage(other, repositoryName)).digest }
      await send({ repositoryName, imageId }, other)
      const waited = waitUntilImageScanComplete(
        { client: other, maxWaitTime: 20, minDelay: 0.01, maxDelay: 0.05 },
        { repositoryName, imageId },
      )
      expect(await waited).toMatchObject({
        state: 'SUCCESS',
        reason: { imageScanStatus: { status: 'COMPLETE' } },
      })
    })

    it('says that nothing tells it what to find, and tells its end as an event', async () => {
      const other = ecr.client({ region: 'eu-south-1' })
      const repositoryName = await aRepository(other)
      const { digest } = await anImage(other, repositoryName, { imageTag: 'v1' })
      await ecr.server.clock({ now: '2027-03-01T00:00:00Z', frozen: true })
      const { imageScanStatus, imageScanFindings } = await scan(ecr, other, repositoryName, digest)
      await ecr.server.clock({ reset: true, frozen: false })

      expect(imageScanStatus).toEqual({ ...COMPLETE, description: `${COMPLETE.description} ${NO_SOURCE}` })
      expect(imageScanFindings).toEqual({
        findings: [],
        findingSeverityCounts: {},
        imageScanCompletedAt: new Date('2027-03-01T00:00:00Z'),
      })
      const arn = repositoryArnOf(repositoryName, { region: 'eu-south-1' })
      expect(await eventsOf(ecr, 'ECR Image Scan', repositoryName)).toMatchObject([
        {
          source: 'aws.ecr',
          region: 'eu-south-1',
          time: '2027-03-01T00:00:00Z',
          resources: [arn],
          detail: {
            'scan-status': 'COMPLETE',
            'repository-name': repositoryName,
            'finding-severity-counts': {},
            'image-digest': digest,
            'image-tags': ['v1'],
          },
        },
      ])
    })
  })
})
