import {
  type ECRClient,
  GetRegistryScanningConfigurationCommand,
  PutRegistryScanningConfigurationCommand,
  type PutRegistryScanningConfigurationCommandInput,
} from '@aws-sdk/client-ecr'
import { beforeEach, describe, expect, it } from 'vitest'
import { anImage, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { invalidParameter, repositoryArnOf } from '../support/refusals.ts'
import {
  ACTIVE,
  COMPLETE,
  configureScanning,
  describeFindings,
  eventsOf,
  NO_SOURCE,
  scan,
  scanNotFound,
} from '../support/scanning.ts'

const rule = (scanFrequency: string, ...filters: string[]) => ({
  scanFrequency,
  repositoryFilters: filters.map((filter) => ({ filter, filterType: 'WILDCARD' })),
})

describe('PutRegistryScanningConfiguration', () => {
  const ecr = emulator()
  let client: ECRClient
  beforeEach(async () => {
    await ecr.server.reset()
    client = ecr.client()
  })

  const put = (input: object) =>
    client.send(
      new PutRegistryScanningConfigurationCommand(input as PutRegistryScanningConfigurationCommandInput),
    )

  describe('validation', () => {
    it.each([
      ['scanType', 'Member must satisfy enum value set: [BASIC, ENHANCED]', { scanType: 'DEEP' }],
      [
        'rules',
        'Member must have length less than or equal to 2',
        { rules: [rule('SCAN_ON_PUSH'), rule('SCAN_ON_PUSH'), rule('SCAN_ON_PUSH')] },
      ],
      [
        'rules.1.member.scanFrequency',
        'Member must satisfy enum value set: [SCAN_ON_PUSH, CONTINUOUS_SCAN, MANUAL]',
        { rules: [rule('DAILY')] },
      ],
      [
        'rules.1.member.repositoryFilters',
        'Member must not be null',
        { rules: [{ scanFrequency: 'SCAN_ON_PUSH' }] },
      ],
      [
        'rules.1.member.repositoryFilters',
        'Member must have length less than or equal to 100',
        { rules: [rule('SCAN_ON_PUSH', ...Array(101).fill('a'))] },
      ],
      [
        'rules.1.member.repositoryFilters.1.member.filter',
        'Member must satisfy regular expression pattern: ^[a-z0-9*](?:[._\\-/a-z0-9*]?[a-z0-9*]+)*$',
        { rules: [rule('SCAN_ON_PUSH', 'Prod')] },
      ],
      [
        'rules',
        'Invalid scan frequency for scanType BASIC: CONTINUOUS_SCAN',
        { rules: [rule('CONTINUOUS_SCAN', '*')] },
      ],
      [
        'rules',
        'Invalid scan frequency for scanType ENHANCED: MANUAL',
        { scanType: 'ENHANCED', rules: [rule('MANUAL', '*')] },
      ],
      [
        'rules',
        'Invalid input. Contains duplicate scan frequencies: [SCAN_ON_PUSH]',
        { rules: [rule('SCAN_ON_PUSH', 'a'), rule('SCAN_ON_PUSH', 'b')] },
      ],
    ])('refuses %s: %s', async (member, constraint, input) => {
      await expect(put(input)).rejects.toMatchObject(invalidParameter(member, constraint))
      const { scanningConfiguration } = await client.send(new GetRegistryScanningConfigurationCommand({}))
      expect(scanningConfiguration).toEqual({ scanType: 'BASIC', rules: [] })
    })
  })

  describe('effects', () => {
    it('answers with what is now chosen, in place of all before', async () => {
      const rules = [rule('SCAN_ON_PUSH', 'a', 'b*')]
      expect(await put({ scanType: 'ENHANCED', rules })).toMatchObject({
        registryScanningConfiguration: { scanType: 'ENHANCED', rules },
      })
      expect(await put({})).toMatchObject({ registryScanningConfiguration: { scanType: 'BASIC', rules: [] } })
    })

    it('hides the scans of the other type until it is chosen again', async () => {
      const repositoryName = await aRepository(client)
      const { digest } = await anImage(client, repositoryName)
      const imageId = { imageDigest: digest }
      const basic = await scan(ecr, client, repositoryName, digest)

      await configureScanning(client, 'ENHANCED')
      await ecr.server.clock()
      const hidden = describeFindings(client, { repositoryName, imageId })
      await expect(hidden).rejects.toMatchObject(scanNotFound(repositoryName, digest))

      await configureScanning(client, 'BASIC')
      const { imageScanStatus, imageScanFindings } = await describeFindings(client, {
        repositoryName,
        imageId,
      })
      expect(imageScanFindings).toEqual(basic.imageScanFindings)
      expect(imageScanStatus?.status).toBe('COMPLETE')
    })

    it('begins and ends the continuous scan of images that are there', async () => {
      const repositoryName = await aRepository(client, { repositoryName: 'prod/app' })
      const other = await aRepository(client)
      const { digest } = await anImage(client, repositoryName)
      const chart = await anImage(client, repositoryName, {
        configType: 'application/vnd.cncf.helm.config.v1+json',
      })
      const unmatched = await anImage(client, other)
      const statusOf = async (imageDigest: string) =>
        (await describeFindings(client, { repositoryName, imageId: { imageDigest } })).imageScanStatus

      await configureScanning(client, 'ENHANCED', { CONTINUOUS_SCAN: ['prod'] })
      await ecr.server.clock()
      expect(await statusOf(digest)).toEqual({ ...ACTIVE, description: `${ACTIVE.description} ${NO_SOURCE}` })
      await expect(statusOf(chart.digest)).rejects.toMatchObject(scanNotFound(repositoryName, chart.digest))
      await expect(
        describeFindings(client, { repositoryName: other, imageId: { imageDigest: unmatched.digest } }),
      ).rejects.toMatchObject(scanNotFound(other, unmatched.digest))

      await configureScanning(client, 'ENHANCED', { SCAN_ON_PUSH: ['prod'] })
      await ecr.server.clock()
      expect(await statusOf(digest)).toEqual({
        ...COMPLETE,
        description: `${COMPLETE.description} ${NO_SOURCE}`,
      })

      await configureScanning(client, 'ENHANCED', { CONTINUOUS_SCAN: ['*'] })
      await ecr.server.clock()
      expect((await statusOf(digest))?.status).toBe('ACTIVE')
      expect(await eventsOf(ecr, 'Inspector2 Scan', repositoryName)).toHaveLength(1)
    })

    it('tells of the repositories whose frequency changes, with ENHANCED', async () => {
      const [a, b] = [await aRepository(client, { repositoryName: 'prod/a' }), await aRepository(client)]
      const change = (name: string, now: string, before: string) => ({
        'repository-name': name,
        'repository-arn': repositoryArnOf(name),
        'scan-frequency': now,
        'previous-scan-frequency': before,
      })
      await configureScanning(client, 'BASIC', { SCAN_ON_PUSH: ['prod'] })
      await configureScanning(client, 'ENHANCED', { SCAN_ON_PUSH: ['prod'] })
      await configureScanning(client, 'ENHANCED', { SCAN_ON_PUSH: ['*'], CONTINUOUS_SCAN: ['prod'] })
      await configureScanning(client, 'BASIC')
      await ecr.server.clock()

      expect(await eventsOf(ecr, 'ECR Scan Resource Change', 'prod/a')).toMatchObject([
        {
          source: 'aws.ecr',
          resources: [],
          detail: {
            'action-type': 'SCAN_FREQUENCY_CHANGE',
            repositories: [change(a, 'CONTINUOUS_SCAN', 'SCAN_ON_PUSH'), change(b, 'SCAN_ON_PUSH', 'MANUAL')],
            'resource-type': 'REPOSITORY',
            'scan-type': 'ENHANCED',
          },
        },
      ])
    })
  })
})
