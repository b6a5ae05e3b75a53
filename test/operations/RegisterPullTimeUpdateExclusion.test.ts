import { type ECRClient, RegisterPullTimeUpdateExclusionCommand } from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it } from 'vitest'
import { aName } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { invalidPrincipals } from '../support/exclusions.ts'
import { invalidParameter, refusal } from '../support/refusals.ts'

describe('RegisterPullTimeUpdateExclusion', () => {
  const ecr = emulator({ quotas: { pullTimeUpdateExclusions: 4 } })
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })
  const register = (principalArn: string | undefined, by = client) =>
    by.send(new RegisterPullTimeUpdateExclusionCommand({ principalArn }))
  const role = () => `arn:aws:iam::000000000000:role/${aName()}`

  describe('validation', () => {
    it.each(invalidPrincipals)('%s: %j', async (constraint, principalArn) => {
      const refused = invalidParameter('principalArn', constraint)
      await expect(register(principalArn)).rejects.toMatchObject(refused)
    })
  })

  describe('refusals', () => {
    it('excludes nobody twice', async () => {
      const principalArn = role()
      await register(principalArn)
      const message = `The pull time update exclusion for the principal '${principalArn}' already exists in the registry with id '000000000000'`
      const refused = refusal('ExclusionAlreadyExistsException', message)
      await expect(register(principalArn)).rejects.toMatchObject(refused)
    })

    it('excludes no more than the quota lets it', async () => {
      const other = ecr.client({ region: 'eu-west-2' })
      for (let count = 0; count < 4; count += 1) await register(role(), other)
      const message =
        'The operation did not succeed because it would have exceeded the service quota of 4 for pull time update exclusions per registry.'
      await expect(register(role(), other)).rejects.toMatchObject(refusal('LimitExceededException', message))
    })
  })

  describe('effects', () => {
    it.each([role(), 'arn:aws:iam::111122223333:user/people/ann'])('excludes %s', async (principalArn) => {
      const { now } = await ecr.server.clock({ frozen: true })
      const answer = await register(principalArn)
      expect(answer).toMatchObject({ principalArn, createdAt: new Date(now) })
    })
  })
})
