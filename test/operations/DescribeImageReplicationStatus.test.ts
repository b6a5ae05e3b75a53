import { DescribeImageReplicationStatusCommand, type ECRClient } from '@aws-sdk/client-ecr'
import { beforeEach, describe, expect, it } from 'vitest'
import { aName, anImage, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import {
  accessDenied,
  invalidParameter,
  invalidRepositoryMembers,
  refusal,
  repositoryArnOf,
  repositoryNotFound,
} from '../support/refusals.ts'
import { anAccount, arrive, configure, frozen, HOME, ruleTo, statusesOf } from '../support/replication.ts'

describe('DescribeImageReplicationStatus', () => {
  const ecr = emulator()
  frozen(ecr)
  let account: string
  let client: ECRClient
  let repositoryName: string
  beforeEach(async () => {
    account = anAccount()
    client = ecr.client({ accessKeyId: account })
    repositoryName = await aRepository(client)
  })

  const describeStatus = (input: object, by = client) =>
    by.send(
      new DescribeImageReplicationStatusCommand({ repositoryName, imageId: { imageTag: 'v1' }, ...input }),
    )

  describe('validation', () => {
    it.each([...invalidRepositoryMembers, ['imageId', 'Member must not be null', { imageId: undefined }]])(
      '%s: %s',
      async (member, constraint, input) => {
        await expect(describeStatus(input)).rejects.toMatchObject(invalidParameter(member, constraint))
      },
    )
  })

  describe('refusals', () => {
    it('knows no repository of that name', async () => {
      const unknown = aName()
      const refused = repositoryNotFound(unknown, account)
      await expect(describeStatus({ repositoryName: unknown })).rejects.toMatchObject(refused)
    })

    it.each([
      [{ imageTag: 'v1' }, "imageDigest:'null', imageTag:'v1'"],
      [{ imageDigest: 'sha256:0' }, "imageDigest:'sha256:0', imageTag:'null'"],
    ])('knows no image %j', async (imageId, named) => {
      const message = `The image with imageId {${named}} does not exist within the repository with name '${repositoryName}' in the registry with id '${account}'`
      const refused = refusal('ImageNotFoundException', message)
      await expect(describeStatus({ imageId })).rejects.toMatchObject(refused)
    })

    it('tells nobody of another account', async () => {
      const resource = repositoryArnOf(repositoryName, { accountId: account })
      const refused = accessDenied('ecr:DescribeImageReplicationStatus', resource)
      await expect(describeStatus({ registryId: account }, ecr.client())).rejects.toMatchObject(refused)
    })
  })

  describe('effects', () => {
    it('has nothing to tell of an image that no rule sends anywhere', async () => {
      await configure(client, ruleTo([{ region: 'us-east-1', registryId: account }], 'other'))
      const { digest } = await anImage(client, repositoryName, { imageTag: 'v1' })
      const { $metadata, ...answer } = await describeStatus({})
      expect(answer).toEqual({
        repositoryName,
        imageId: { imageDigest: digest, imageTag: 'v1' },
        replicationStatuses: [],
      })
    })

    it('tells of each destination how far the image is, and why it did not arrive', async () => {
      const other = anAccount()
      const destinations = [
        { region: 'us-east-1', registryId: account },
        { region: HOME, registryId: other },
        { region: 'ap-south-1', registryId: account },
      ]
      await configure(client, ruleTo(destinations))
      const { digest } = await anImage(client, repositoryName, { imageTag: 'v1' })
      const [mumbai, denied, virginia] = [destinations[2], destinations[1], destinations[0]]
      const underWay = [mumbai, denied, virginia].map((one) => ({ ...one, status: 'IN_PROGRESS' }))
      expect(await statusesOf(client, repositoryName, { imageTag: 'v1' })).toEqual(underWay)
      expect(await statusesOf(client, repositoryName, { imageDigest: digest })).toEqual(underWay)

      await arrive(ecr)
      const arrived = [
        { ...mumbai, status: 'COMPLETE' },
        { ...denied, status: 'FAILED', failureCode: 'AccessDenied' },
        { ...virginia, status: 'COMPLETE' },
      ]
      expect(await statusesOf(client, repositoryName, { imageTag: 'v1' })).toEqual(arrived)
    })

    it('tells nothing at the destination, from where the image goes no further', async () => {
      await configure(client, ruleTo([{ region: 'us-east-1', registryId: account }]))
      await anImage(client, repositoryName, { imageTag: 'v1' })
      await arrive(ecr)
      const abroad = ecr.client({ accessKeyId: account, region: 'us-east-1' })
      expect(await statusesOf(abroad, repositoryName, { imageTag: 'v1' })).toEqual([])
    })
  })
})
