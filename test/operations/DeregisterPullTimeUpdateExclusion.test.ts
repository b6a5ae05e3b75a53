import {
  DeregisterPullTimeUpdateExclusionCommand,
  type ECRClient,
  ListPullTimeUpdateExclusionsCommand,
  RegisterPullTimeUpdateExclusionCommand,
} from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it } from 'vitest'
import { emulator } from '../support/emulator.ts'
import { invalidPrincipals } from '../support/exclusions.ts'
import { invalidParameter, refusal } from '../support/refusals.ts'

const ROLES = ['a', 'b', 'c'].map((name) => `arn:aws:iam::000000000000:role/${name}`)

describe('DeregisterPullTimeUpdateExclusion', () => {
  const ecr = emulator()
  let client: ECRClient
  beforeAll(async () => {
    client = ecr.client()
    for (const principalArn of ROLES)
      await client.send(new RegisterPullTimeUpdateExclusionCommand({ principalArn }))
  })
  const deregister = (principalArn: string | undefined, by = client) =>
    by.send(new DeregisterPullTimeUpdateExclusionCommand({ principalArn }))
  const notExcluded = (principalArn: string | undefined) =>
    refusal(
      'ExclusionNotFoundException',
      `The pull time update exclusion for the principal '${principalArn}' does not exist in the registry with id '000000000000'`,
    )

  describe('validation', () => {
    it.each(invalidPrincipals)('%s: %j', async (constraint, principalArn) => {
      const refused = invalidParameter('principalArn', constraint)
      await expect(deregister(principalArn)).rejects.toMatchObject(refused)
    })
  })

  describe('refusals', () => {
    it('knows nobody who is not excluded, in this registry', async () => {
      const unknown = 'arn:aws:iam::000000000000:role/unknown'
      await expect(deregister(unknown)).rejects.toMatchObject(notExcluded(unknown))
      const elsewhere = deregister(ROLES[0], ecr.client({ region: 'eu-west-2' }))
      await expect(elsewhere).rejects.toMatchObject(notExcluded(ROLES[0]))
    })
  })

  describe('effects', () => {
    it('takes one exclusion back, once', async () => {
      expect(await deregister(ROLES[1])).toMatchObject({ principalArn: ROLES[1] })
      const { pullTimeUpdateExclusions } = await client.send(new ListPullTimeUpdateExclusionsCommand({}))
      expect(pullTimeUpdateExclusions).toEqual([ROLES[0], ROLES[2]])
      await expect(deregister(ROLES[1])).rejects.toMatchObject(notExcluded(ROLES[1]))
    })
  })
})
