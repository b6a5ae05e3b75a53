import {
  DeleteRepositoryPolicyCommand,
  type DeleteRepositoryPolicyCommandInput,
  type ECRClient,
  ListImagesCommand,
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

const OTHER = '222233334444'

describe('DeleteRepositoryPolicy', () => {
  const ecr = emulator()
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })

  const remove = (input: object, by = client) =>
    by.send(new DeleteRepositoryPolicyCommand(input as DeleteRepositoryPolicyCommandInput))

  describe('validation', () => {
    it.each(invalidRepositoryMembers)('says of %s: %s', async (member, constraint, input) => {
      const refused = invalidParameter(member, constraint)
      await expect(remove({ repositoryName: 'ab', ...input })).rejects.toMatchObject(refused)
    })
  })

  describe('refusals', () => {
    it('finds no repository that is missing', async () => {
      const missing = repositoryNotFound('no/such')
      await expect(remove({ repositoryName: 'no/such' })).rejects.toMatchObject(missing)
    })

    it.each(otherRegistries)('finds no repository of another %s', async (_differs, identity) => {
      const repositoryName = await aRepository(ecr.client(identity))
      await expect(remove({ repositoryName })).rejects.toMatchObject(repositoryNotFound(repositoryName))
    })

    it("is denied in another account's registry", async () => {
      const arn = repositoryArnOf('charts', { accountId: OTHER })
      await expect(remove({ registryId: OTHER, repositoryName: 'charts' })).rejects.toMatchObject(
        accessDenied('ecr:DeleteRepositoryPolicy', arn),
      )
    })
  })

  describe('effects', () => {
    it('answers with the policy, which is gone then', async () => {
      const repositoryName = await aRepository(client)
      const policy = policyText({ Sid: 'all' })
      await client.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: policy }))

      const { $metadata: _, policyText: text = '', ...answer } = await remove({ repositoryName })
      expect(answer).toEqual({ registryId: DEFAULT_ACCOUNT, repositoryName })
      expect(text).toContain('"Sid" : "all"')
      expect(JSON.parse(text)).toEqual(JSON.parse(policy))
      await expect(remove({ repositoryName })).rejects.toMatchObject(repositoryPolicyNotFound(repositoryName))
    })

    it('lets nobody else in any more', async () => {
      const owner = ecr.client({ accessKeyId: OTHER })
      const repositoryName = await aRepository(owner)
      await owner.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: policyText({}) }))
      const list = () => client.send(new ListImagesCommand({ registryId: OTHER, repositoryName }))
      expect((await list()).imageIds).toEqual([])

      await remove({ repositoryName }, owner)
      const arn = repositoryArnOf(repositoryName, { accountId: OTHER })
      await expect(list()).rejects.toMatchObject(accessDenied('ecr:ListImages', arn))
    })

    it('is how a root mends a policy that shuts everybody out', async () => {
      const repositoryName = await aRepository(client)
      const shut = policyText({ Effect: 'Deny' })
      await client.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: shut, force: true }))
      await remove({ repositoryName })
      expect((await client.send(new ListImagesCommand({ repositoryName }))).imageIds).toEqual([])
    })
  })
})
