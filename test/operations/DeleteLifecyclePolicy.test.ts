import {
  DeleteLifecyclePolicyCommand,
  type DeleteLifecyclePolicyCommandInput,
  type ECRClient,
  PutLifecyclePolicyCommand,
} from '@aws-sdk/client-ecr'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { anImage, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { expire, lifecyclePolicyNotFound, policyText, spacedPolicy } from '../support/lifecycle.ts'
import {
  accessDenied,
  DEFAULT_ACCOUNT,
  invalidParameter,
  invalidRepositoryMembers,
  otherRegistries,
  repositoryNotFound,
} from '../support/refusals.ts'

describe('DeleteLifecyclePolicy', () => {
  const ecr = emulator()
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })
  afterEach(() => ecr.server.clock({ reset: true }))

  const rule = expire(1, {})
  const remove = (input: object, by = client) =>
    by.send(new DeleteLifecyclePolicyCommand(input as DeleteLifecyclePolicyCommandInput))

  /** A repository with a policy that has white space. */
  async function withPolicy(): Promise<string> {
    const repositoryName = await aRepository(client)
    await client.send(
      new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText: spacedPolicy(rule) }),
    )
    return repositoryName
  }

  describe('validation', () => {
    it.each(invalidRepositoryMembers)('says of %s: %s', async (member, constraint, input) => {
      await expect(remove({ repositoryName: 'abc', ...input })).rejects.toMatchObject(
        invalidParameter(member, constraint),
      )
    })
  })

  describe('refusals', () => {
    it('refuses a repository that is not there', async () => {
      await expect(remove({ repositoryName: 'not-here' })).rejects.toMatchObject(
        repositoryNotFound('not-here'),
      )
    })

    it('refuses a repository without a policy', async () => {
      const repositoryName = await aRepository(client)
      await expect(remove({ repositoryName })).rejects.toMatchObject(lifecyclePolicyNotFound(repositoryName))
    })

    it('refuses a repository of another account', async () => {
      const input = { registryId: '111122223333', repositoryName: 'theirs' }
      await expect(remove(input)).rejects.toMatchObject(
        accessDenied('ecr:DeleteLifecyclePolicy', 'arn:aws:ecr:eu-west-1:111122223333:repository/theirs'),
      )
    })

    it.each(otherRegistries)('does not reach the policy in another %s', async (_, identity) => {
      const repositoryName = await withPolicy()
      await expect(remove({ repositoryName }, ecr.client(identity))).rejects.toMatchObject(
        repositoryNotFound(repositoryName, identity.accessKeyId),
      )
    })
  })

  describe('effects', () => {
    it('answers the policy without white space, and 1970 before it was evaluated', async () => {
      const repositoryName = await withPolicy()
      const { $metadata, ...answer } = await remove({ repositoryName, registryId: DEFAULT_ACCOUNT })
      expect(answer).toEqual({
        registryId: DEFAULT_ACCOUNT,
        repositoryName,
        lifecyclePolicyText: policyText(rule),
        lastEvaluatedAt: new Date(0),
      })
    })

    it('answers when it was last evaluated', async () => {
      const repositoryName = await withPolicy()
      await ecr.server.clock({ now: '2027-01-01T00:00:00Z', frozen: true })
      await ecr.server.lifecycle({ repository: repositoryName })
      expect(await remove({ repositoryName })).toMatchObject({
        lastEvaluatedAt: new Date('2027-01-01T00:00:00Z'),
      })
    })

    it('leaves nothing behind that could be evaluated, or deleted again', async () => {
      const repositoryName = await withPolicy()
      for (const imageTag of ['a', 'b']) await anImage(client, repositoryName, { imageTag })
      await remove({ repositoryName })
      await ecr.server.clock({ advance: 'P1D' })
      expect((await ecr.call('ListImages', { repositoryName })).body.imageIds).toHaveLength(2)
      await expect(remove({ repositoryName })).rejects.toMatchObject(lifecyclePolicyNotFound(repositoryName))
    })
  })
})
