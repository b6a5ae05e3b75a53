import {
  BatchCheckLayerAvailabilityCommand,
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  type DeleteRepositoryCommandInput,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  type ECRClient,
  InitiateLayerUploadCommand,
  ListTagsForResourceCommand,
  UploadLayerPartCommand,
} from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it } from 'vitest'
import { aLayer, anImage, anIndex, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import {
  accessDenied,
  DEFAULT_ACCOUNT,
  invalidParameter,
  invalidRepositoryMembers,
  otherRegistries,
  refusal,
  repositoryNotFound,
} from '../support/refusals.ts'
import { registryClient } from '../support/registry.ts'

describe('DeleteRepository', () => {
  const ecr = emulator()
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })

  const remove = (repositoryName: string, settings: Partial<DeleteRepositoryCommandInput> = {}) =>
    client.send(new DeleteRepositoryCommand({ repositoryName, ...settings }))

  describe('validation', () => {
    it.each(invalidRepositoryMembers)('says of %s: %s', async (member, constraint, input) => {
      await expect(remove('abc', input)).rejects.toMatchObject(invalidParameter(member, constraint))
    })

    it('does not read a force that is no boolean', async () => {
      const { status, body } = await ecr.call('DeleteRepository', { repositoryName: 'abc', force: 'true' })
      const message = 'STRING_VALUE can not be converted to a Boolean'
      expect({ status, body }).toEqual({ status: 400, body: { __type: 'SerializationException', message } })
    })
  })

  describe('refusals', () => {
    it.each([false, true])('refuses a repository that is not there, force %s', async (force) => {
      await expect(remove('not-here', { force })).rejects.toMatchObject(repositoryNotFound('not-here'))
    })

    it.each([undefined, false])('refuses one that holds an image, force %s', async (force) => {
      const repositoryName = await aRepository(client)
      const { digest } = await anImage(client, repositoryName)
      const message = `The repository with name '${repositoryName}' in registry with id '${DEFAULT_ACCOUNT}' cannot be deleted because it still contains images`
      await expect(remove(repositoryName, force === undefined ? {} : { force })).rejects.toMatchObject(
        refusal('RepositoryNotEmptyException', message),
      )
      const { imageDetails } = await client.send(new DescribeImagesCommand({ repositoryName }))
      expect(imageDetails?.map(({ imageDigest }) => imageDigest)).toEqual([digest])
    })

    it('refuses a repository of another account, though it is not there', async () => {
      const resource = 'arn:aws:ecr:eu-west-1:111122223333:repository/not-here'
      await expect(remove('not-here', { registryId: '111122223333', force: true })).rejects.toMatchObject(
        accessDenied('ecr:DeleteRepository', resource),
      )
    })

    it.each(otherRegistries)(
      'does not reach the repository of the same name in another %s',
      async (_, identity) => {
        const repositoryName = await aRepository(client)
        await expect(
          ecr.client(identity).send(new DeleteRepositoryCommand({ repositoryName })),
        ).rejects.toMatchObject(repositoryNotFound(repositoryName, identity.accessKeyId))
        await expect(remove(repositoryName)).resolves.toMatchObject({ repository: { repositoryName } })
      },
    )
  })

  describe('effects', () => {
    it('answers what the repository was, and it is gone', async () => {
      const repositoryNames = [await aRepository(client, { imageTagMutability: 'IMMUTABLE' })]
      const [repositoryName = ''] = repositoryNames
      const { repositories } = await client.send(new DescribeRepositoriesCommand({ repositoryNames }))
      const { repository } = await remove(repositoryName, { registryId: DEFAULT_ACCOUNT })
      expect(repository).toEqual(repositories?.[0])
      await expect(client.send(new DescribeRepositoriesCommand({ repositoryNames }))).rejects.toMatchObject(
        repositoryNotFound(repositoryName),
      )
      await expect(remove(repositoryName)).rejects.toMatchObject(repositoryNotFound(repositoryName))
    })

    it('takes one with layers that no image names for empty', async () => {
      const repositoryName = await aRepository(client)
      await aLayer(client, repositoryName)
      await expect(remove(repositoryName)).resolves.toMatchObject({ repository: { repositoryName } })
    })

    it('takes images along with force: indexes, tags, layers and uploads', async () => {
      const repositoryName = await aRepository(client)
      const image = await anImage(client, repositoryName, { imageTag: 'latest' })
      await anIndex(client, repositoryName, [image], { imageTag: 'all' })
      const { uploadId } = await client.send(new InitiateLayerUploadCommand({ repositoryName }))
      await remove(repositoryName, { force: true })

      await client.send(new CreateRepositoryCommand({ repositoryName }))
      const { imageDetails } = await client.send(new DescribeImagesCommand({ repositoryName }))
      expect(imageDetails).toEqual([])
      const layerDigests = [image.config.digest]
      const { layers } = await client.send(
        new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests }),
      )
      expect(layers?.map(({ layerAvailability }) => layerAvailability)).toEqual(['UNAVAILABLE'])
      await expect(
        client.send(
          new UploadLayerPartCommand({
            repositoryName,
            uploadId,
            partFirstByte: 0,
            partLastByte: 0,
            layerPartBlob: Buffer.from('x'),
          }),
        ),
      ).rejects.toMatchObject({ name: 'UploadNotFoundException' })
    })

    it('takes resource tags along', async () => {
      const repositoryName = await aRepository(client, { tags: [{ Key: 'team', Value: 'a' }] })
      const { repository } = await remove(repositoryName)
      await client.send(new CreateRepositoryCommand({ repositoryName }))
      const { tags } = await client.send(
        new ListTagsForResourceCommand({ resourceArn: repository?.repositoryArn }),
      )
      expect(tags).toEqual([])
    })

    it('is seen at the registry door, and leaves the same image elsewhere alone', async () => {
      const registry = registryClient(ecr)
      const [gone, kept] = [await aRepository(client), await aRepository(client)]
      const layer = await registry.pushBlob(gone, Buffer.from('shared'))
      await registry.pushBlob(kept, Buffer.from('shared'))
      await registry.pushImage(gone, 'latest')
      await registry.pushImage(kept, 'latest')
      await remove(gone, { force: true })

      const missing = await registry.send(`/v2/${gone}/manifests/latest`)
      expect(missing.status).toBe(404)
      const { message } = repositoryNotFound(gone)
      expect(await missing.json()).toEqual({ errors: [{ code: 'NAME_UNKNOWN', message }] })
      expect((await registry.send(`/v2/${kept}/manifests/latest`)).status).toBe(200)
      expect((await registry.send(`/v2/${kept}/blobs/${layer.digest}`)).status).toBe(200)
    })
  })
})
