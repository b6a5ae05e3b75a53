import {
  CreateRepositoryCommand,
  DescribeRegistryCommand,
  DescribeRepositoriesCommand,
  type ECRClient,
  GetRegistryPolicyCommand,
  ListImagesCommand,
  PutAccountSettingCommand,
  PutRegistryPolicyCommand,
} from '@aws-sdk/client-ecr'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { aName, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { policyText } from '../support/policies.ts'
import {
  accessDenied,
  DEFAULT_ACCOUNT,
  explicitlyDenied,
  invalidParameter,
  repositoryArnOf,
} from '../support/refusals.ts'

const OTHER = '222233334444'
const INVALID = invalidParameter('PolicyText', 'Invalid registry policy provided')

const arnOf = (pattern: string) => repositoryArnOf(pattern, { accountId: OTHER })

describe('PutRegistryPolicy', () => {
  const ecr = emulator()
  /** Of the default account, which another account's registry lets in or not. */
  let client: ECRClient
  let owner: ECRClient
  beforeAll(() => {
    client = ecr.client()
    owner = ecr.client({ accessKeyId: OTHER })
  })
  beforeEach(() => ecr.server.reset())

  const put = (text: unknown, by = owner) =>
    by.send(new PutRegistryPolicyCommand({ policyText: text as string }))
  const scope = (value: 'V1' | 'V2') =>
    owner.send(new PutAccountSettingCommand({ name: 'REGISTRY_POLICY_SCOPE', value }))
  const list = (repositoryName: string, by = client) =>
    by.send(new ListImagesCommand({ registryId: OTHER, repositoryName }))

  describe('validation', () => {
    it.each([
      ['Member must not be null', undefined],
      ['Member must have length less than or equal to 10240', 'a'.repeat(10241)],
    ])('says of policyText: %s', async (constraint, text) => {
      await expect(put(text)).rejects.toMatchObject(invalidParameter('policyText', constraint))
    })

    it.each([
      ['nothing', ''],
      ['what is no JSON', '{'],
      ['a statement that speaks of no repositories', policyText({})],
      ['an action of another service', policyText({ Action: 's3:*', Resource: '*' })],
    ])('refuses %s', async (_what, text) => {
      await expect(put(text)).rejects.toMatchObject(INVALID)
    })

    it('finds no user or role that was deleted', async () => {
      const gone = policyText({ Principal: { AWS: 'AIDACKCEVSQ6C2EXAMPLE' }, Resource: '*' })
      await expect(put(gone)).rejects.toMatchObject(invalidParameter('PolicyText', 'Principal not found'))
    })

    it.each<[what: string, isTaken: boolean, actions: object]>([
      ['the actions of its scope', true, { Action: ['ecr:ReplicateImage', 'ecr:CREATEREPOSITORY'] }],
      ['fetching from upstreams', true, { Action: 'ecr:BatchImportUpstreamImage' }],
      ['other actions', false, { Action: 'ecr:BatchGetImage' }],
      ['wildcards', false, { Action: 'ecr:*' }],
      ['all but some actions', false, { NotAction: 'ecr:BatchGetImage' }],
    ])('takes in scope V1 a policy about %s: %s', async (_what, isTaken, actions) => {
      await scope('V1')
      const text = policyText({ ...actions, Resource: '*' })
      if (isTaken) expect(await put(text)).toMatchObject({ registryId: OTHER })
      else await expect(put(text)).rejects.toMatchObject(INVALID)
    })
  })

  describe('effects', () => {
    it('answers with the policy as ECR prints it, and keeps it in its region', async () => {
      const { $metadata: _, ...answer } = await put(policyText({ Resource: [arnOf('*')] }))
      expect(answer).toEqual({
        registryId: OTHER,
        policyText: `{
  "Version" : "2012-10-17",
  "Statement" : [ {
    "Effect" : "Allow",
    "Principal" : "*",
    "Action" : "ecr:*",
    "Resource" : [ "arn:aws:ecr:eu-west-1:222233334444:repository/*" ]
  } ]
}`,
      })
      const get = (by: ECRClient) => by.send(new GetRegistryPolicyCommand({}))
      expect((await get(owner)).policyText).toBe(answer.policyText)
      const elsewhere = ecr.client({ accessKeyId: OTHER, region: 'us-east-1' })
      await expect(get(elsewhere)).rejects.toMatchObject({ name: 'RegistryPolicyNotFoundException' })
    })

    it('lets another account in where the repository has no policy', async () => {
      const [open, shut] = ['open/a', 'shut/a']
      for (const repositoryName of [open, shut]) await aRepository(owner, { repositoryName })
      await put(policyText({ Principal: { AWS: DEFAULT_ACCOUNT }, Resource: arnOf('open/*') }))

      expect((await list(open)).imageIds).toEqual([])
      await expect(list(shut)).rejects.toMatchObject(accessDenied('ecr:ListImages', arnOf(shut)))
    })

    it('lets another account make and describe repositories there', async () => {
      await put(policyText({ Action: ['ecr:CreateRepository', 'ecr:DescribeRepositories'], Resource: '*' }))
      const repositoryName = aName()
      const create = new CreateRepositoryCommand({ registryId: OTHER, repositoryName })
      expect((await client.send(create)).repository?.repositoryArn).toBe(arnOf(repositoryName))
      const { repositories = [] } = await client.send(new DescribeRepositoriesCommand({ registryId: OTHER }))
      expect(repositories.map((repository) => repository.repositoryName)).toEqual([repositoryName])
    })

    it('binds the owner by a Deny, in every repository and in none', async () => {
      const mine = (text: string) => put(text, client)
      const repositoryName = await aRepository(client)
      await mine(policyText({ Effect: 'Deny', Action: 'ecr:List*', Resource: '*' }))
      await expect(client.send(new ListImagesCommand({ repositoryName }))).rejects.toMatchObject(
        explicitlyDenied('ecr:ListImages', repositoryArnOf(repositoryName)),
      )
      await mine(policyText({ Effect: 'Deny', Action: 'ecr:DescribeRegistry', Resource: '*' }))
      await expect(client.send(new DescribeRegistryCommand({}))).rejects.toMatchObject(
        explicitlyDenied('ecr:DescribeRegistry', '*'),
      )
      // The root of the account always mends it.
      await mine(policyText({ Effect: 'Deny', Resource: '*' }))
      expect(await mine(policyText({ Resource: '*' }))).toMatchObject({ registryId: DEFAULT_ACCOUNT })
      expect(await client.send(new DescribeRegistryCommand({}))).toMatchObject({
        registryId: DEFAULT_ACCOUNT,
      })
    })

    it('has no say in scope V1 but about its three actions', async () => {
      const repositoryName = await aRepository(owner)
      await put(policyText({ Resource: '*' }))
      expect((await list(repositoryName)).imageIds).toEqual([])
      await scope('V1')
      await expect(list(repositoryName)).rejects.toMatchObject(
        accessDenied('ecr:ListImages', arnOf(repositoryName)),
      )
      const created = client.send(new CreateRepositoryCommand({ registryId: OTHER, repositoryName: aName() }))
      expect((await created).repository).toMatchObject({ registryId: OTHER })
      await scope('V2')
      expect((await list(repositoryName)).imageIds).toEqual([])
    })
  })
})
