import {
  type ECRClient,
  GetRepositoryPolicyCommand,
  type GetRepositoryPolicyCommandInput,
  SetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it } from 'vitest'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { policyText } from '../support/policies.ts'
import {
  accessDenied,
  DEFAULT_ACCOUNT,
  invalidParameter,
  invalidRepositoryMembers,
  otherRegistries,
  repositoryArnOf,
  repositoryNotFound,
  repositoryPolicyNotFound,
} from '../support/refusals.ts'

describe('GetRepositoryPolicy', () => {
  const ecr = emulator()
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })

  const get = (input: object, by = client) =>
    by.send(new GetRepositoryPolicyCommand(input as GetRepositoryPolicyCommandInput))

  describe('validation', () => {
    it.each(invalidRepositoryMembers)('says of %s: %s', async (member, constraint, input) => {
      const refused = invalidParameter(member, constraint)
      await expect(get({ repositoryName: 'ab', ...input })).rejects.toMatchObject(refused)
    })
  })

  describe('refusals', () => {
    it('finds no repository that is missing', async () => {
      await expect(get({ repositoryName: 'no/such' })).rejects.toMatchObject(repositoryNotFound('no/such'))
    })

    it('finds no policy where none is', async () => {
      const repositoryName = await aRepository(client)
      await expect(get({ repositoryName })).rejects.toMatchObject(repositoryPolicyNotFound(repositoryName))
    })

    it.each(otherRegistries)('finds no repository of another %s', async (_differs, identity) => {
      const repositoryName = await aRepository(ecr.client(identity))
      await expect(get({ repositoryName })).rejects.toMatchObject(repositoryNotFound(repositoryName))
    })

    it("is denied in another account's registry", async () => {
      const accountId = '222233334444'
      const arn = repositoryArnOf('charts', { accountId })
      await expect(get({ registryId: accountId, repositoryName: 'charts' })).rejects.toMatchObject(
        accessDenied('ecr:GetRepositoryPolicy', arn),
      )
    })
  })

  describe('effects', () => {
    it('shows the policy as ECR prints it, also to another account that may see it', async () => {
      const repositoryName = await aRepository(client)
      const text = policyText({ Principal: { AWS: ['222233334444'] }, Action: 'ecr:GetRepositoryPolicy' })
      await client.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: text }))
      const shown = {
        registryId: DEFAULT_ACCOUNT,
        repositoryName,
        policyText: `{
  "Version" : "2012-10-17",
  "Statement" : [ {
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : [ "222233334444" ]
    },
    "Action" : "ecr:GetRepositoryPolicy"
  } ]
}`,
      }
      expect(await get({ repositoryName })).toMatchObject(shown)
      const other = ecr.client({ accessKeyId: '222233334444' })
      expect(await get({ repositoryName, registryId: DEFAULT_ACCOUNT }, other)).toMatchObject(shown)
    })
  })
})
