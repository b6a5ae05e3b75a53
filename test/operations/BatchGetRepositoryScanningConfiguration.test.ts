import { BatchGetRepositoryScanningConfigurationCommand, type ECRClient } from '@aws-sdk/client-ecr'
import { beforeEach, describe, expect, it } from 'vitest'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import {
  DEFAULT_ACCOUNT,
  invalidParameter,
  otherRegistries,
  repositoryArnOf,
  repositoryNotFound,
} from '../support/refusals.ts'
import { configureScanning } from '../support/scanning.ts'

describe('BatchGetRepositoryScanningConfiguration', () => {
  const ecr = emulator()
  let client: ECRClient
  beforeEach(async () => {
    await ecr.server.reset()
    client = ecr.client()
  })

  const get = (repositoryNames: string[], by = client) =>
    by.send(new BatchGetRepositoryScanningConfigurationCommand({ repositoryNames }))
  const filters = (...names: string[]) => names.map((filter) => ({ filter, filterType: 'WILDCARD' }))

  it.each([
    ['repositoryNames', 'Member must not be null', undefined],
    ['repositoryNames', 'Member must have length greater than or equal to 1', []],
    ['repositoryNames', 'Member must have length less than or equal to 25', Array(26).fill('name')],
  ])('refuses %s: %s', async (member, constraint, names) => {
    await expect(get(names as string[])).rejects.toMatchObject(invalidParameter(member, constraint))
  })

  it('tells of repositories that are not there, each once, and of the others', async () => {
    const name = await aRepository(client)
    const { scanningConfigurations, failures } = await get(['missing', name, 'missing', name])
    expect(scanningConfigurations).toEqual([
      {
        repositoryArn: repositoryArnOf(name),
        repositoryName: name,
        scanOnPush: false,
        scanFrequency: 'MANUAL',
        appliedScanFilters: [],
      },
    ])
    expect(failures).toEqual([
      {
        repositoryName: 'missing',
        failureCode: 'REPOSITORY_NOT_FOUND',
        failureReason: repositoryNotFound('missing').message,
      },
    ])
  })

  it.each(otherRegistries)('knows nothing of repositories in another %s', async (_differs, identity) => {
    const name = await aRepository(client)
    const { failures } = await get([name], ecr.client(identity))
    const registryId = identity.accessKeyId ?? DEFAULT_ACCOUNT
    expect(failures?.[0]?.failureReason).toBe(repositoryNotFound(name, registryId).message)
  })

  it("tells what the registry's rules and the repository's own setting make of each", async () => {
    const own = await aRepository(client, {
      repositoryName: 'own',
      imageScanningConfiguration: { scanOnPush: true },
    })
    const names = [own, await aRepository(client, { repositoryName: 'prod' })]
    const told = async () =>
      (await get(names)).scanningConfigurations?.map(({ scanOnPush, scanFrequency, appliedScanFilters }) => [
        scanOnPush,
        scanFrequency,
        appliedScanFilters,
      ])

    await configureScanning(client, 'BASIC', { SCAN_ON_PUSH: ['pro', 'x*'] })
    expect(await told()).toEqual([
      [true, 'SCAN_ON_PUSH', []],
      [true, 'SCAN_ON_PUSH', filters('pro', 'x*')],
    ])
    await configureScanning(client, 'ENHANCED', { CONTINUOUS_SCAN: ['prod'], SCAN_ON_PUSH: ['prod'] })
    expect(await told()).toEqual([
      [false, 'MANUAL', []],
      [true, 'CONTINUOUS_SCAN', filters('prod')],
    ])
  })
})
