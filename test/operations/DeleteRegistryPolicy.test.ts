import { DeleteRegistryPolicyCommand, ListImagesCommand, PutRegistryPolicyCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { policyText } from '../support/policies.ts'
import {
  accessDenied,
  DEFAULT_ACCOUNT,
  otherRegistries,
  registryPolicyNotFound,
  repositoryArnOf,
} from '../support/refusals.ts'

describe('DeleteRegistryPolicy', () => {
  const ecr = emulator()
  const put = (text: string, by = ecr.client()) => by.send(new PutRegistryPolicyCommand({ policyText: text }))
  const remove = (by = ecr.client()) => by.send(new DeleteRegistryPolicyCommand({}))

  describe('validation', () => {
    it.each(['[]', '"text"', '{'])('does not read %s', async (input) => {
      const { status, body } = await ecr.call('DeleteRegistryPolicy', input)
      expect([status, body.__type]).toEqual([400, 'SerializationException'])
    })
  })

  describe('refusals', () => {
    it('finds no policy where none is', async () => {
      await expect(remove()).rejects.toMatchObject(registryPolicyNotFound())
    })

    it.each(otherRegistries)('leaves the policy of another %s', async (_differs, identity) => {
      const other = ecr.client(identity)
      await put(policyText({ Resource: '*' }), other)
      await expect(remove()).rejects.toMatchObject(registryPolicyNotFound())
      expect(await remove(other)).toHaveProperty('policyText')
    })
  })

  describe('effects', () => {
    it('answers with the policy, which is gone then', async () => {
      const policy = policyText({ Sid: 'all', Resource: '*' })
      await put(policy)
      const { $metadata: _, policyText: text = '', ...answer } = await remove()
      expect(answer).toEqual({ registryId: DEFAULT_ACCOUNT })
      expect(text).toContain('"Sid" : "all"')
      expect(JSON.parse(text)).toEqual(JSON.parse(policy))
      await expect(remove()).rejects.toMatchObject(registryPolicyNotFound())
    })

    it('lets nobody else in any more', async () => {
      const accountId = '333344445555'
      const owner = ecr.client({ accessKeyId: accountId })
      const repositoryName = await aRepository(owner)
      const list = () => ecr.client().send(new ListImagesCommand({ registryId: accountId, repositoryName }))
      await put(policyText({ Resource: '*' }), owner)
      expect((await list()).imageIds).toEqual([])

      await remove(owner)
      const arn = repositoryArnOf(repositoryName, { accountId })
      await expect(list()).rejects.toMatchObject(accessDenied('ecr:ListImages', arn))
    })

    it('is how a root mends a policy that shuts everybody out', async () => {
      await put(policyText({ Effect: 'Deny', Resource: '*' }))
      await remove()
      expect(await aRepository(ecr.client())).toBeTypeOf('string')
    })
  })
})
