import { GetCallerIdentityCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts'
import { describe, expect, it } from 'vitest'
import { emulator } from '../../support/emulator.ts'
import { postForm, stsClient, usable } from '../../support/sts.ts'

describe('GetSessionToken', () => {
  const ecr = emulator()

  it.each([
    ['899', 'Member must have value greater than or equal to 900'],
    ['129601', 'Member must have value less than or equal to 129600'],
    ['soon', 'Member must be of type int'],
    ['1.5', 'Member must be of type int'],
  ])('refuses %s seconds', async (DurationSeconds, constraint) => {
    const form = { Action: 'GetSessionToken', Version: '2011-06-15', DurationSeconds }
    const { status, xml } = await postForm(ecr, form)
    expect(status).toBe(400)
    expect(xml).toContain('<Type>Sender</Type><Code>ValidationError</Code>')
    expect(xml).toContain(
      `<Message>1 validation error detected: Value '${DurationSeconds}' at 'durationSeconds' failed to satisfy constraint: ${constraint}</Message>`,
    )
  })

  it.each([
    [undefined, 43_200],
    [900, 900],
    [129_600, 129_600],
  ])('gives credentials for %s seconds: %s', async (DurationSeconds, seconds) => {
    const before = Math.floor(Date.now() / 1000)
    const { Credentials } = await stsClient(ecr).send(new GetSessionTokenCommand({ DurationSeconds }))
    const expiration = (Credentials?.Expiration?.getTime() ?? 0) / 1000
    expect(expiration).toBeGreaterThanOrEqual(before + seconds)
    expect(expiration).toBeLessThanOrEqual(Date.now() / 1000 + seconds)
    expect(Credentials?.AccessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/)
    expect(Credentials?.SecretAccessKey).toHaveLength(40)
  })

  it('gives others at each call, all of the caller', async () => {
    const client = stsClient(ecr, { accessKeyId: '123456789012' })
    const [one, two] = await Promise.all([
      client.send(new GetSessionTokenCommand({})),
      client.send(new GetSessionTokenCommand({})),
    ])
    expect(one.Credentials?.AccessKeyId).not.toBe(two.Credentials?.AccessKeyId)
    expect(one.Credentials?.SessionToken).not.toBe(two.Credentials?.SessionToken)
    for (const { Credentials } of [one, two]) {
      const identity = await stsClient(ecr, usable(Credentials)).send(new GetCallerIdentityCommand({}))
      expect(identity.Arn).toBe('arn:aws:iam::123456789012:root')
    }
  })
})
