import {
  DescribeImagesCommand,
  type ECRClient,
  GetRepositoryPolicyCommand,
  SetRepositoryPolicyCommand,
  type SetRepositoryPolicyCommandInput,
} from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it } from 'vitest'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { policyText } from '../support/policies.ts'
import {
  accessDenied,
  DEFAULT_ACCOUNT,
  explicitlyDenied,
  invalidParameter,
  invalidRepositoryMembers,
  otherRegistries,
  repositoryArnOf,
  repositoryNotFound,
} from '../support/refusals.ts'

const OTHER = '222233334444'
const INVALID = invalidParameter('PolicyText', 'Invalid repository policy provided')
const LOCK_OUT = invalidParameter(
  'PolicyText',
  'The new repository policy will not allow you to update the repository policy in the future.',
)

describe('SetRepositoryPolicy', () => {
  const ecr = emulator()
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })

  const set = (input: object, by = client) =>
    by.send(new SetRepositoryPolicyCommand(input as SetRepositoryPolicyCommandInput))
  const textOf = async (repositoryName: string, by = client) =>
    (await by.send(new GetRepositoryPolicyCommand({ repositoryName }))).policyText

  describe('validation', () => {
    it.each([
      ...invalidRepositoryMembers,
      ['policyText', 'Member must not be null', { policyText: undefined }],
      [
        'policyText',
        'Member must have length less than or equal to 10240',
        { policyText: 'a'.repeat(10241) },
      ],
    ])('says of %s: %s', async (member, constraint, input) => {
      const refused = invalidParameter(member, constraint)
      await expect(set({ repositoryName: 'ab', policyText: '{}', ...input })).rejects.toMatchObject(refused)
    })

    it.each([
      ['nothing', ''],
      ['what is no JSON', '{'],
      ['what is no policy', '{"rules":[]}'],
      ['an unknown condition operator', policyText({ Condition: { Same: { 'aws:username': 'ann' } } })],
      ['a principal that is none', policyText({ Principal: { AWS: 'ann' } })],
    ])('refuses %s', async (_what, text) => {
      const repositoryName = await aRepository(client)
      await expect(set({ repositoryName, policyText: text })).rejects.toMatchObject(INVALID)
    })

    it('finds no user or role that was deleted', async () => {
      const repositoryName = await aRepository(client)
      const gone = policyText({ Principal: { AWS: 'AIDACKCEVSQ6C2EXAMPLE' } })
      const refused = invalidParameter('PolicyText', 'Principal not found')
      await expect(set({ repositoryName, policyText: gone })).rejects.toMatchObject(refused)
    })
  })

  describe('refusals', () => {
    it('finds no repository that is missing, whatever the policy is', async () => {
      const missing = repositoryNotFound('no/such')
      await expect(set({ repositoryName: 'no/such', policyText: '' })).rejects.toMatchObject(missing)
    })

    it.each(otherRegistries)('finds no repository of another %s', async (_differs, identity) => {
      const repositoryName = await aRepository(ecr.client(identity))
      await expect(set({ repositoryName, policyText: policyText({}) })).rejects.toMatchObject(
        repositoryNotFound(repositoryName),
      )
    })

    it("is denied in another account's registry", async () => {
      const refused = accessDenied('ecr:SetRepositoryPolicy', repositoryArnOf('charts', { accountId: OTHER }))
      const input = { registryId: OTHER, repositoryName: 'charts', policyText: policyText({}) }
      await expect(set(input)).rejects.toMatchObject(refused)
    })

    it.each<[whom: string, deny: object]>([
      ['everybody', {}],
      ['the account', { Principal: { AWS: DEFAULT_ACCOUNT }, Action: 'ecr:Set*' }],
      ['everybody else', { NotPrincipal: { AWS: OTHER } }],
      ['callers from here', { Condition: { IpAddress: { 'aws:SourceIp': ['127.0.0.0/8', '::1/128'] } } }],
    ])('needs force for a policy that denies %s to set another', async (_whom, deny) => {
      const repositoryName = await aRepository(client)
      const text = policyText({ ...deny, Effect: 'Deny' })
      await expect(set({ repositoryName, policyText: text })).rejects.toMatchObject(LOCK_OUT)
      await expect(set({ repositoryName, policyText: text, force: false })).rejects.toMatchObject(LOCK_OUT)
      await expect(textOf(repositoryName)).rejects.toMatchObject({
        name: 'RepositoryPolicyNotFoundException',
      })

      expect(await set({ repositoryName, policyText: text, force: true })).toMatchObject({ repositoryName })
    })

    it.each<[what: string, deny: object]>([
      ['other accounts', { Principal: { AWS: OTHER } }],
      ['other actions', { Action: ['ecr:PutImage', 'ecr:*Upload'] }],
      ['other repositories', { Resource: 'arn:aws:ecr:*:*:repository/nowhere' }],
      ['callers from elsewhere', { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }],
    ])('needs none for one that denies %s', async (_what, deny) => {
      const repositoryName = await aRepository(client)
      const text = policyText({ ...deny, Effect: 'Deny' })
      expect(await set({ repositoryName, policyText: text })).toMatchObject({ repositoryName })
    })

    it('needs force of another account that would let itself out', async () => {
      const owner = ecr.client({ accessKeyId: OTHER })
      const repositoryName = await aRepository(owner)
      const mayAll = policyText({ Principal: { AWS: DEFAULT_ACCOUNT } })
      const mayPull = policyText({ Principal: { AWS: DEFAULT_ACCOUNT }, Action: 'ecr:BatchGetImage' })
      await set({ repositoryName, policyText: mayAll }, owner)

      const input = { registryId: OTHER, repositoryName, policyText: mayPull }
      await expect(set(input)).rejects.toMatchObject(LOCK_OUT)
      expect(await set({ ...input, policyText: mayAll })).toMatchObject({ registryId: OTHER })
      expect(await set({ ...input, force: true })).toMatchObject({ registryId: OTHER })
      await expect(set({ ...input, force: true })).rejects.toMatchObject(
        accessDenied('ecr:SetRepositoryPolicy', repositoryArnOf(repositoryName, { accountId: OTHER })),
      )
    })
  })

  describe('effects', () => {
    it('answers with the policy as ECR prints it', async () => {
      const repositoryName = await aRepository(client)
      const policy = {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: '*', Action: 'ecr:*' }],
      }
      const { $metadata: _, ...answer } = await set({ repositoryName, policyText: JSON.stringify(policy) })
      expect(answer).toEqual({
        registryId: DEFAULT_ACCOUNT,
        repositoryName,
        policyText: `{
  "Version" : "2012-10-17",
  "Statement" : [ {
    "Effect" : "Allow",
    "Principal" : "*",
    "Action" : "ecr:*"
  } ]
}`,
      })
      expect(await textOf(repositoryName)).toBe(answer.policyText)
    })

    it('takes the place of the policy before, and keeps it when it is refused', async () => {
      const repositoryName = await aRepository(client)
      await set({ repositoryName, policyText: policyText({ Sid: 'first' }) })
      await set({ repositoryName, policyText: policyText({ Sid: 'second' }) })
      await expect(set({ repositoryName, policyText: '{}' })).rejects.toMatchObject(INVALID)
      expect(JSON.parse((await textOf(repositoryName)) ?? '').Statement).toMatchObject([{ Sid: 'second' }])
    })

    it('binds the owner at once, but for the policy itself', async () => {
      const repositoryName = await aRepository(client)
      const describeImages = () => client.send(new DescribeImagesCommand({ repositoryName }))
      await set({ repositoryName, policyText: policyText({ Effect: 'Deny' }), force: true })
      const refused = explicitlyDenied('ecr:DescribeImages', repositoryArnOf(repositoryName))
      await expect(describeImages()).rejects.toMatchObject(refused)

      await set({ repositoryName, policyText: policyText({}) })
      expect((await describeImages()).imageDetails).toEqual([])
    })
  })
})
