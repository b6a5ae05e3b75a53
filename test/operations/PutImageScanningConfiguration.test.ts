import {
  DescribeRepositoriesCommand,
  type ECRClient,
  PutImageScanningConfigurationCommand,
  type PutImageScanningConfigurationCommandInput,
} from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it } from 'vitest'
import { anImage, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import {
  accessDenied,
  DEFAULT_ACCOUNT,
  invalidParameter,
  invalidRepositoryMembers,
  otherRegistries,
  repositoryArnOf,
  repositoryNotFound,
} from '../support/refusals.ts'
import { describeFindings } from '../support/scanning.ts'

describe('PutImageScanningConfiguration', () => {
  const ecr = emulator()
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })

  const put = (input: object, by = client) =>
    by.send(new PutImageScanningConfigurationCommand(input as PutImageScanningConfigurationCommandInput))
  const choose = (repositoryName: string, scanOnPush: boolean, by = client) =>
    put({ repositoryName, imageScanningConfiguration: { scanOnPush } }, by)

  it.each([
    ...invalidRepositoryMembers,
    [
      'imageScanningConfiguration',
      'Member must not be null',
      { imageScanningConfiguration: undefined },
    ] as const,
  ])('refuses %s: %s', async (member, constraint, input) => {
    const valid = { repositoryName: 'repository', imageScanningConfiguration: { scanOnPush: true } }
    await expect(put({ ...valid, ...input })).rejects.toMatchObject(invalidParameter(member, constraint))
  })

  it('refuses a repository that is not there, in this registry or another', async () => {
    const repositoryName = await aRepository(client)
    await expect(choose('missing', true)).rejects.toMatchObject(repositoryNotFound('missing'))
    for (const [, identity] of otherRegistries)
      await expect(choose(repositoryName, true, ecr.client(identity))).rejects.toMatchObject(
        repositoryNotFound(repositoryName, identity.accessKeyId),
      )
  })

  it('refuses callers of other accounts', async () => {
    const registryId = '222233334444'
    const valid = { repositoryName: 'repository', imageScanningConfiguration: {} }
    await expect(put({ ...valid, registryId })).rejects.toMatchObject(
      accessDenied(
        'ecr:PutImageScanningConfiguration',
        repositoryArnOf('repository', { accountId: registryId }),
      ),
    )
  })

  it('is told of the repository, and says no where it says nothing', async () => {
    const repositoryName = await aRepository(client)
    const describeIt = async () =>
      (await client.send(new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] })))
        .repositories?.[0]

    expect(await choose(repositoryName, true)).toMatchObject({
      registryId: DEFAULT_ACCOUNT,
      repositoryName,
      imageScanningConfiguration: { scanOnPush: true },
    })
    expect((await describeIt())?.imageScanningConfiguration).toEqual({ scanOnPush: true })
    const { imageScanningConfiguration } = await put({ repositoryName, imageScanningConfiguration: {} })
    expect(imageScanningConfiguration).toEqual({ scanOnPush: false })
    expect((await describeIt())?.imageScanningConfiguration).toEqual({ scanOnPush: false })
  })

  it('has images scanned that are pushed from now on', async () => {
    const repositoryName = await aRepository(client)
    const before = await anImage(client, repositoryName)
    await choose(repositoryName, true)
    const after = await anImage(client, repositoryName)
    await ecr.server.clock()
    const find = ({ digest }: { digest: string }) =>
      describeFindings(client, { repositoryName, imageId: { imageDigest: digest } })
    await expect(find(before)).rejects.toThrow('Image scan does not exist')
    expect((await find(after)).imageScanStatus?.status).toBe('COMPLETE')
  })
})
