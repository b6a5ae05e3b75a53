import {
  type ECRClient,
  GetLifecyclePolicyCommand,
  PutLifecyclePolicyCommand,
  type PutLifecyclePolicyCommandInput,
} from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it } from 'vitest'
import { anImage, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { expire, invalidPolicies, policyText, spacedPolicy } from '../support/lifecycle.ts'
import {
  accessDenied,
  DEFAULT_ACCOUNT,
  invalidParameter,
  invalidRepositoryMembers,
  otherRegistries,
  repositoryNotFound,
} from '../support/refusals.ts'

describe('PutLifecyclePolicy', () => {
  const ecr = emulator()
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })

  const text = policyText(expire(1, { countNumber: 5 }))
  const put = (input: object, by = client) =>
    by.send(new PutLifecyclePolicyCommand(input as PutLifecyclePolicyCommandInput))

  describe('validation', () => {
    it.each([
      ...invalidRepositoryMembers,
      ['lifecyclePolicyText', 'Member must not be null', { lifecyclePolicyText: undefined }],
      [
        'lifecyclePolicyText',
        'Member must have length greater than or equal to 100',
        { lifecyclePolicyText: '{}'.padEnd(99) },
      ],
      [
        'lifecyclePolicyText',
        'Member must have length less than or equal to 30720',
        { lifecyclePolicyText: text.padEnd(30_721) },
      ],
    ])('says of %s: %s', async (member, constraint, input) => {
      const valid = { repositoryName: 'abc', lifecyclePolicyText: text }
      await expect(put({ ...valid, ...input })).rejects.toMatchObject(invalidParameter(member, constraint))
    })

    it.each(invalidPolicies)('refuses %s', async (_, lifecyclePolicyText, constraint) => {
      const repositoryName = await aRepository(client)
      await expect(put({ repositoryName, lifecyclePolicyText })).rejects.toMatchObject(
        invalidParameter('LifecyclePolicyText', constraint),
      )
    })
  })

  describe('refusals', () => {
    it('refuses a repository that is not there, before it reads the policy', async () => {
      const input = { repositoryName: 'not-here', lifecyclePolicyText: 'x'.repeat(100) }
      await expect(put(input)).rejects.toMatchObject(repositoryNotFound('not-here'))
    })

    it('refuses a repository of another account', async () => {
      const input = { registryId: '111122223333', repositoryName: 'theirs', lifecyclePolicyText: text }
      await expect(put(input)).rejects.toMatchObject(
        accessDenied('ecr:PutLifecyclePolicy', 'arn:aws:ecr:eu-west-1:111122223333:repository/theirs'),
      )
    })

    it.each(otherRegistries)('does not reach the repository of another %s', async (_, identity) => {
      const repositoryName = await aRepository(client)
      await expect(
        put({ repositoryName, lifecyclePolicyText: text }, ecr.client(identity)),
      ).rejects.toMatchObject(repositoryNotFound(repositoryName, identity.accessKeyId))
    })
  })

  describe('effects', () => {
    it('answers the policy without white space, and keeps it', async () => {
      const repositoryName = await aRepository(client)
      const rules = [{ ...expire(7, { tagPatternList: ['v *'] }), description: 'old  \u00fc' }]
      const { $metadata, ...answer } = await put({
        repositoryName,
        lifecyclePolicyText: spacedPolicy(...rules),
      })
      expect(answer).toEqual({
        registryId: DEFAULT_ACCOUNT,
        repositoryName,
        lifecyclePolicyText: policyText(...rules),
      })
      const kept = await client.send(new GetLifecyclePolicyCommand({ repositoryName }))
      expect(kept.lifecyclePolicyText).toBe(policyText(...rules))
    })

    it('takes a policy in place of another, which was then never evaluated', async () => {
      const repositoryName = await aRepository(client)
      await put({ repositoryName, lifecyclePolicyText: text })
      await ecr.server.lifecycle({ repository: repositoryName })
      const other = policyText(expire(1, { countNumber: 6 }))
      await put({ repositoryName, lifecyclePolicyText: other })
      expect(await client.send(new GetLifecyclePolicyCommand({ repositoryName }))).toMatchObject({
        lifecyclePolicyText: other,
        lastEvaluatedAt: new Date(0),
      })
    })

    it('keeps the policy that is there when another one is refused', async () => {
      const repositoryName = await aRepository(client)
      await put({ repositoryName, lifecyclePolicyText: text })
      await expect(put({ repositoryName, lifecyclePolicyText: 'x'.repeat(100) })).rejects.toThrow(
        'Could not map',
      )
      const kept = await client.send(new GetLifecyclePolicyCommand({ repositoryName }))
      expect(kept.lifecyclePolicyText).toBe(text)
    })

    it('does nothing to images before it is evaluated', async () => {
      const repositoryName = await aRepository(client)
      for (const imageTag of ['a', 'b']) await anImage(client, repositoryName, { imageTag })
      await put({ repositoryName, lifecyclePolicyText: policyText(expire(1, {})) })
      expect((await ecr.call('ListImages', { repositoryName })).body.imageIds).toHaveLength(2)
    })
  })
})
