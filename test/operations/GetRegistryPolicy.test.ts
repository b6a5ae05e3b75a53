import { GetRegistryPolicyCommand, PutRegistryPolicyCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { emulator } from '../support/emulator.ts'
import { policyText } from '../support/policies.ts'
import { DEFAULT_ACCOUNT, otherRegistries, registryPolicyNotFound } from '../support/refusals.ts'

describe('GetRegistryPolicy', () => {
  const ecr = emulator()
  const get = (by = ecr.client()) => by.send(new GetRegistryPolicyCommand({}))

  describe('validation', () => {
    it.each(['[]', '"text"', '{'])('does not read %s', async (input) => {
      const { status, body } = await ecr.call('GetRegistryPolicy', input)
      expect([status, body.__type]).toEqual([400, 'SerializationException'])
    })
  })

  describe('refusals', () => {
    it('finds no policy where none is', async () => {
      await expect(get()).rejects.toMatchObject(registryPolicyNotFound())
    })
  })

  describe('effects', () => {
    it("shows the policy of the caller's account and region, and no other", async () => {
      const policy = policyText({ Resource: '*' })
      await ecr.client().send(new PutRegistryPolicyCommand({ policyText: policy }))

      const { registryId, policyText: text = '' } = await get()
      expect(registryId).toBe(DEFAULT_ACCOUNT)
      expect(text).toContain('\n  "Version" : "2012-10-17",\n')
      expect(JSON.parse(text)).toEqual(JSON.parse(policy))
      for (const [, identity] of otherRegistries)
        await expect(get(ecr.client(identity))).rejects.toMatchObject(
          registryPolicyNotFound(identity.accessKeyId),
        )
    })
  })
})
