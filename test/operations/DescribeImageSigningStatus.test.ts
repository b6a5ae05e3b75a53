import { DescribeImageSigningStatusCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { aName, anImage, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { invalidParameter, invalidRepositoryMembers, repositoryNotFound } from '../support/refusals.ts'
import { aProfile, signPushesTo } from '../support/signing.ts'

describe('DescribeImageSigningStatus', () => {
  const ecr = emulator({ quotas: { imagesPerRepository: 2 } })
  const describeStatus = (repositoryName: string, imageId: { imageTag?: string; imageDigest?: string }) =>
    ecr.client().send(new DescribeImageSigningStatusCommand({ repositoryName, imageId }))

  it.each(invalidRepositoryMembers)('refuses %s: %s', async (member, constraint, input) => {
    const valid = { repositoryName: 'repository', imageId: { imageTag: 'one' } }
    const { body } = await ecr.call('DescribeImageSigningStatus', { ...valid, ...input })
    expect(body.message).toBe(invalidParameter(member, constraint).message)
  })

  it('refuses a repository or an image that is not there', async () => {
    await expect(describeStatus('missing', { imageTag: 'one' })).rejects.toMatchObject(
      repositoryNotFound('missing'),
    )
    const repositoryName = await aRepository(ecr.client())
    await expect(describeStatus(repositoryName, { imageTag: 'one' })).rejects.toMatchObject({
      name: 'ImageNotFoundException',
      message: `The image with imageId {imageDigest:'null', imageTag:'one'} does not exist within the repository with name '${repositoryName}' in the registry with id '000000000000'`,
    })
  })

  it('tells of each profile whose rule fits, and of nothing without rules', async () => {
    const client = ecr.client()
    const unsigned = await aRepository(client)
    await anImage(client, unsigned, { imageTag: 'one' })
    expect((await describeStatus(unsigned, { imageTag: 'one' })).signingStatuses).toEqual([])

    const repositoryName = await aRepository(client, { repositoryName: aName('signed') })
    await signPushesTo(client, 'signed*', aProfile())
    const { digest } = await anImage(client, repositoryName, { imageTag: 'one' })
    await ecr.server.clock()
    expect(await describeStatus(repositoryName, { imageTag: 'one' })).toMatchObject({
      registryId: '000000000000',
      repositoryName,
      imageId: { imageDigest: digest, imageTag: 'one' },
      signingStatuses: [{ signingProfileArn: aProfile(), status: 'COMPLETE' }],
    })
  })

  it('says why a signature could not be stored', async () => {
    const client = ecr.client()
    const repositoryName = await aRepository(client, { repositoryName: aName('full') })
    await anImage(client, repositoryName)
    await signPushesTo(client, 'full*', aProfile())
    const { digest } = await anImage(client, repositoryName)
    await ecr.server.clock()
    const { signingStatuses } = await describeStatus(repositoryName, { imageDigest: digest })
    expect(signingStatuses).toEqual([
      {
        signingProfileArn: aProfile(),
        status: 'FAILED',
        failureCode: 'LimitExceeded',
        failureReason:
          'The operation did not succeed because it would have exceeded the service quota of 2 for images per repository.',
      },
    ])
  })
})
