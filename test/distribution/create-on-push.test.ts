import {
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  type ECRClient,
  GetLifecyclePolicyCommand,
  GetRepositoryPolicyCommand,
  InitiateLayerUploadCommand,
  ListTagsForResourceCommand,
  PutImageCommand,
  PutRegistryPolicyCommand,
} from '@aws-sdk/client-ecr'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { OCI_INDEX } from '../../src/rules/media-types.ts'
import { aName, anImage, aRepository, indexText } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { nameUnknown, ociRefusal, toldBy } from '../support/oci-errors.ts'
import { refusal, repositoryArnOf, repositoryNotFound } from '../support/refusals.ts'
import { registryClient } from '../support/registry.ts'
import { aTemplate, KEY, LIFECYCLE_POLICY, POLICY, PRINTED_POLICY, TAGS } from '../support/templates.ts'

describe('a push to a repository that is missing', () => {
  const ecr = emulator()
  const registry = registryClient(ecr)
  let client: ECRClient
  let prefix: string
  let name: string
  beforeAll(() => {
    client = ecr.client()
  })
  beforeEach(() => {
    prefix = aName('team')
    name = `${prefix}/app`
  })
  const repository = async (repositoryName = name) =>
    (await client.send(new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] })))
      .repositories?.[0]
  const putEmptyIndex = (reference = 'v1') => registry.putManifest(name, reference, indexText([]), OCI_INDEX)
  const begin = (query = '') => registry.send(`/v2/${name}/blobs/uploads/${query}`, { method: 'POST' })

  describe('is refused', () => {
    it.each([
      ['without a template', undefined],
      ['with one for other scenarios', ['REPLICATION', 'PULL_THROUGH_CACHE']],
    ] as const)('%s', async (_, appliedFor) => {
      if (appliedFor) await aTemplate(client, { prefix, appliedFor: [...appliedFor] })
      expect(await toldBy(begin())).toEqual(nameUnknown(name))
      expect(await toldBy(begin('?mount=&from='))).toEqual(nameUnknown(name))
      expect(await toldBy(putEmptyIndex())).toEqual(nameUnknown(name))
      const refused = repositoryNotFound(name)
      const upload = client.send(new InitiateLayerUploadCommand({ repositoryName: name }))
      await expect(upload).rejects.toMatchObject(refused)
      const image = new PutImageCommand({ repositoryName: name, imageManifest: indexText([]) })
      await expect(client.send(image)).rejects.toMatchObject(refused)
    })

    it('with a template of another prefix', async () => {
      await aTemplate(client, { prefix })
      for (const other of [prefix, `${prefix}-app/a`])
        expect(await toldBy(registry.send(`/v2/${other}/blobs/uploads/`, { method: 'POST' }))).toEqual(
          nameUnknown(other),
        )
    })

    it('by a manifest that is none, and nothing is made', async () => {
      await aTemplate(client, { prefix })
      expect((await registry.putManifest(name, 'v1', 'no JSON')).status).toBe(400)
      await expect(repository()).rejects.toMatchObject(repositoryNotFound(name))
    })

    it.each([
      ['ecr:CreateRepository', []],
      ['ecr:TagResource', TAGS],
    ])('without the permission %s, and nothing is made', async (action, resourceTags) => {
      await aTemplate(client, { prefix, resourceTags })
      const resource = repositoryArnOf(name)
      const policyText = JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Deny', Principal: '*', Action: action, Resource: resource }],
      })
      await client.send(new PutRegistryPolicyCommand({ policyText }))
      const message = `User: arn:aws:iam::000000000000:root is not authorized to perform: ${action} on resource: ${resource} with an explicit deny in a resource-based policy`
      expect(await toldBy(begin())).toEqual(ociRefusal(403, 'DENIED', message))
      await expect(repository()).rejects.toMatchObject(repositoryNotFound(name))
    })
  })

  describe('makes it where a template says so', () => {
    it.each([
      ['POST of an upload', () => begin(), 202],
      ['PUT of a manifest by tag', () => putEmptyIndex(), 201],
    ])('%s', async (_, request, status) => {
      await aTemplate(client, { prefix })
      expect((await request()).status).toBe(status)
      expect(await repository()).toMatchObject({ repositoryName: name, imageTagMutability: 'MUTABLE' })
    })

    it.each([
      ['InitiateLayerUpload', () => new InitiateLayerUploadCommand({ repositoryName: name })],
      ['PutImage', () => new PutImageCommand({ repositoryName: name, imageManifest: indexText([]) })],
    ])('%s', async (_, command) => {
      await aTemplate(client, { prefix })
      await client.send(command() as InitiateLayerUploadCommand)
      expect(await repository()).toMatchObject({ repositoryName: name })
    })

    it('POST of a mount, which mounts', async () => {
      await aTemplate(client, { prefix })
      const from = await aRepository(client)
      const { config } = await registry.pushImage(from)
      expect((await begin(`?mount=${config.digest}&from=${from}`)).status).toBe(201)
      expect(await repository()).toMatchObject({ repositoryName: name })
    })

    it('with all that the template says', async () => {
      await aTemplate(client, {
        prefix,
        encryptionConfiguration: { encryptionType: 'KMS', kmsKey: KEY },
        resourceTags: TAGS,
        imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
        imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter: 'dev*' }],
        repositoryPolicy: JSON.stringify(POLICY),
        lifecyclePolicy: LIFECYCLE_POLICY,
      })
      await registry.pushImage(name, 'v1')
      const made = await repository()
      expect(made).toMatchObject({
        encryptionConfiguration: { encryptionType: 'KMS', kmsKey: KEY },
        imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
        imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter: 'dev*' }],
        imageScanningConfiguration: { scanOnPush: false },
      })
      const resourceArn = made?.repositoryArn
      expect((await client.send(new ListTagsForResourceCommand({ resourceArn }))).tags).toEqual(TAGS)
      const of = { repositoryName: name }
      const { policyText } = await client.send(new GetRepositoryPolicyCommand(of))
      expect(policyText).toBe(PRINTED_POLICY)
      const { lifecyclePolicyText } = await client.send(new GetLifecyclePolicyCommand(of))
      expect(JSON.parse(lifecyclePolicyText ?? '')).toEqual(JSON.parse(LIFECYCLE_POLICY))
    })

    it('by the longest prefix, at either door a whole image', async () => {
      await aTemplate(client, { prefix, imageTagMutability: 'IMMUTABLE' })
      await aTemplate(client, { prefix: name })
      await registry.pushImage(name, 'v1')
      const below = `${name}/below`
      await anImage(client, below, { imageTag: 'v1' })
      expect(await repository()).toMatchObject({ imageTagMutability: 'IMMUTABLE' })
      expect(await repository(below)).toMatchObject({ imageTagMutability: 'MUTABLE' })
      for (const repositoryName of [name, below]) {
        const { imageDetails } = await client.send(new DescribeImagesCommand({ repositoryName }))
        expect(imageDetails).toMatchObject([{ imageTags: ['v1'] }])
      }
    })

    it('by a shorter prefix where the longest is for other scenarios', async () => {
      await aTemplate(client, { prefix, imageTagMutability: 'IMMUTABLE' })
      await aTemplate(client, { prefix: name, appliedFor: ['REPLICATION'] })
      name = `${name}/below`
      expect((await begin()).status).toBe(202)
      expect(await repository()).toMatchObject({ imageTagMutability: 'IMMUTABLE' })
    })

    it('anywhere, by the template for ROOT', async () => {
      const region = 'eu-south-1'
      await aTemplate(ecr.client({ region }), { prefix: 'ROOT' })
      const { digest } = await registryClient(ecr, { region }).pushImage('anything', 'v1')
      const command = new DescribeImagesCommand({ repositoryName: 'anything' })
      const { imageDetails } = await ecr.client({ region }).send(command)
      expect(imageDetails).toMatchObject([{ imageDigest: digest }])
    })
  })

  describe('over the quota of repositories', () => {
    const full = emulator({ quotas: { repositoriesPerRegistry: 0 } })

    it('makes none, and says so as far as the call has a word for it', async () => {
      const pusher = full.client()
      await aTemplate(pusher, { prefix })
      const upload = new InitiateLayerUploadCommand({ repositoryName: name })
      await expect(pusher.send(upload)).rejects.toMatchObject(repositoryNotFound(name))
      const message =
        'The operation did not succeed because it would have exceeded the service quota of 0 for repositories per registry.'
      const image = new PutImageCommand({ repositoryName: name, imageManifest: indexText([]) })
      await expect(pusher.send(image)).rejects.toMatchObject(refusal('LimitExceededException', message))
      const atDoor = registryClient(full).send(`/v2/${name}/blobs/uploads/`, { method: 'POST' })
      expect(await toldBy(atDoor)).toEqual(ociRefusal(403, 'DENIED', message))
    })
  })

  it('leaves a repository that is there as it is', async () => {
    await aTemplate(client, { prefix, imageTagMutability: 'IMMUTABLE' })
    await aRepository(client, { repositoryName: name })
    await registry.pushImage(name, 'v1')
    expect(await repository()).toMatchObject({ imageTagMutability: 'MUTABLE' })
  })
})
