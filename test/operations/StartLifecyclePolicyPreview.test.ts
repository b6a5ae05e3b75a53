import {
  type ECRClient,
  GetLifecyclePolicyPreviewCommand,
  PutLifecyclePolicyCommand,
  StartLifecyclePolicyPreviewCommand,
  type StartLifecyclePolicyPreviewCommandInput,
  waitUntilLifecyclePolicyPreviewComplete,
} from '@aws-sdk/client-ecr'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { anImage, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import {
  expire,
  invalidPolicies,
  lifecyclePolicyNotFound,
  policyText,
  spacedPolicy,
} from '../support/lifecycle.ts'
import {
  accessDenied,
  DEFAULT_ACCOUNT,
  invalidParameter,
  invalidRepositoryMembers,
  otherRegistries,
  refusal,
  repositoryNotFound,
} from '../support/refusals.ts'

describe('StartLifecyclePolicyPreview', () => {
  const ecr = emulator()
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })
  afterEach(() => ecr.server.clock({ reset: true }))

  const rule = expire(1, { countNumber: 5 })
  const start = (input: object, by = client) =>
    by.send(new StartLifecyclePolicyPreviewCommand(input as StartLifecyclePolicyPreviewCommandInput))
  const get = (repositoryName: string) =>
    client.send(new GetLifecyclePolicyPreviewCommand({ repositoryName }))
  const put = (repositoryName: string, lifecyclePolicyText: string) =>
    client.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText }))

  const inProgress = (repositoryName: string) =>
    refusal(
      'LifecyclePolicyPreviewInProgressException',
      `Lifecycle policy preview is already in progress for the repository with name '${repositoryName}' in the registry with id '${DEFAULT_ACCOUNT}'`,
    )

  describe('validation', () => {
    it.each([
      ...invalidRepositoryMembers,
      [
        'lifecyclePolicyText',
        'Member must have length greater than or equal to 100',
        { lifecyclePolicyText: '{}'.padEnd(99) },
      ],
      [
        'lifecyclePolicyText',
        'Member must have length less than or equal to 30720',
        { lifecyclePolicyText: policyText(rule).padEnd(30_721) },
      ],
    ])('says of %s: %s', async (member, constraint, input) => {
      await expect(start({ repositoryName: 'abc', ...input })).rejects.toMatchObject(
        invalidParameter(member, constraint),
      )
    })

    it.each(invalidPolicies)('refuses %s', async (_, lifecyclePolicyText, constraint) => {
      const repositoryName = await aRepository(client)
      await expect(start({ repositoryName, lifecyclePolicyText })).rejects.toMatchObject(
        invalidParameter('LifecyclePolicyText', constraint),
      )
    })
  })

  describe('refusals', () => {
    it('refuses a repository that is not there', async () => {
      await expect(start({ repositoryName: 'not-here' })).rejects.toMatchObject(
        repositoryNotFound('not-here'),
      )
    })

    it('refuses a repository without a policy when none is given', async () => {
      const repositoryName = await aRepository(client)
      await expect(start({ repositoryName })).rejects.toMatchObject(lifecyclePolicyNotFound(repositoryName))
    })

    it('refuses a repository of another account', async () => {
      await expect(start({ registryId: '111122223333', repositoryName: 'theirs' })).rejects.toMatchObject(
        accessDenied(
          'ecr:StartLifecyclePolicyPreview',
          'arn:aws:ecr:eu-west-1:111122223333:repository/theirs',
        ),
      )
    })

    it.each(otherRegistries)('does not reach the repository of another %s', async (_, identity) => {
      const repositoryName = await aRepository(client)
      await expect(start({ repositoryName }, ecr.client(identity))).rejects.toMatchObject(
        repositoryNotFound(repositoryName, identity.accessKeyId),
      )
    })

    it('refuses another preview while one is in progress, which ends by itself', async () => {
      const repositoryName = await aRepository(client)
      await put(repositoryName, policyText(rule))
      await ecr.server.clock({ frozen: true })
      await start({ repositoryName })
      await expect(start({ repositoryName })).rejects.toMatchObject(inProgress(repositoryName))
      await ecr.server.clock({ advance: 'PT1S' })
      expect(await start({ repositoryName })).toMatchObject({ status: 'IN_PROGRESS' })
    })

    it('refuses no other once somebody saw that it is complete', async () => {
      const repositoryName = await aRepository(client)
      await put(repositoryName, policyText(rule))
      await ecr.server.clock({ frozen: true })
      await start({ repositoryName })
      expect(await get(repositoryName)).toMatchObject({ status: 'COMPLETE' })
      expect(await start({ repositoryName })).toMatchObject({ status: 'IN_PROGRESS' })
    })
  })

  describe('effects', () => {
    it('answers the policy that was given as it was, and that the preview is in progress', async () => {
      const repositoryName = await aRepository(client)
      const lifecyclePolicyText = spacedPolicy(rule)
      const { $metadata, ...answer } = await start({ repositoryName, lifecyclePolicyText })
      expect(answer).toEqual({
        registryId: DEFAULT_ACCOUNT,
        repositoryName,
        lifecyclePolicyText,
        status: 'IN_PROGRESS',
      })
    })

    it("takes the repository's own policy when none is given", async () => {
      const repositoryName = await aRepository(client)
      await put(repositoryName, spacedPolicy(rule))
      expect(await start({ repositoryName })).toMatchObject({ lifecyclePolicyText: spacedPolicy(rule) })
    })

    it('satisfies the waiter of the SDK', async () => {
      const repositoryName = await aRepository(client)
      await start({ repositoryName, lifecyclePolicyText: policyText(rule) })
      const waited = await waitUntilLifecyclePolicyPreviewComplete(
        { client, maxWaitTime: 10 },
        { repositoryName },
      )
      expect(waited.state).toBe('SUCCESS')
    })

    it('changes neither images nor the policy of the repository', async () => {
      const repositoryName = await aRepository(client)
      for (const imageTag of ['a', 'b']) await anImage(client, repositoryName, { imageTag })
      await start({ repositoryName, lifecyclePolicyText: policyText(expire(1, {})) })
      expect(await get(repositoryName)).toMatchObject({ summary: { expiringImageTotalCount: 1 } })
      expect((await ecr.call('ListImages', { repositoryName })).body.imageIds).toHaveLength(2)
      const { body } = await ecr.call('GetLifecyclePolicy', { repositoryName })
      expect(body.__type).toBe('LifecyclePolicyNotFoundException')
    })

    it('previews images as they are when it ends', async () => {
      const repositoryName = await aRepository(client)
      await ecr.server.clock({ frozen: true })
      await start({ repositoryName, lifecyclePolicyText: policyText(expire(1, {})) })
      for (const imageTag of ['a', 'b']) await anImage(client, repositoryName, { imageTag })
      await ecr.server.clock({ advance: 'PT1S' })
      await anImage(client, repositoryName, { imageTag: 'c' })
      expect((await get(repositoryName)).previewResults).toMatchObject([{ imageTags: ['a'] }])
    })
  })
})
