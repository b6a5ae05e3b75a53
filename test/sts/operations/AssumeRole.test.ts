import { CreateRepositoryCommand, ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr'
import { AssumeRoleCommand, type AssumeRoleCommandInput, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { aName } from '../../support/content.ts'
import { emulator } from '../../support/emulator.ts'
import { postForm, stsClient, usable } from '../../support/sts.ts'

const RoleArn = 'arn:aws:iam::123456789012:role/team/Deploy'
const RoleSessionName = 'ci-42'

describe('AssumeRole', () => {
  const ecr = emulator()
  afterEach(() => {
    vi.useRealTimers()
  })

  const assume = (input: Partial<AssumeRoleCommandInput> = {}) =>
    stsClient(ecr).send(new AssumeRoleCommand({ RoleArn, RoleSessionName, ...input }))

  const ecrOf = (credentials: Parameters<typeof usable>[0]) =>
    new ECRClient({
      endpoint: ecr.server.url,
      region: 'eu-west-1',
      credentials: usable(credentials),
      maxAttempts: 1,
    })

  it.each<[member: string, change: Partial<AssumeRoleCommandInput>, text: string]>([
    [
      'no role',
      { RoleArn: undefined },
      "Value null at 'roleArn' failed to satisfy constraint: Member must not be null",
    ],
    [
      'a short ARN',
      { RoleArn: 'arn:aws:iam::1' },
      "Value 'arn:aws:iam::1' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20",
    ],
    [
      'no session name',
      { RoleSessionName: undefined },
      "Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null",
    ],
    [
      'a session name with a space',
      { RoleSessionName: 'a b' },
      "Value 'a b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*",
    ],
    [
      'a long session name',
      { RoleSessionName: 'a'.repeat(65) },
      `Value '${'a'.repeat(65)}' at 'roleSessionName' failed to satisfy constraint: Member must have length less than or equal to 64`,
    ],
    [
      '13 hours',
      { DurationSeconds: 46_800 },
      "Value '46800' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200",
    ],
    [
      'a tag without a key',
      {
        Tags: [
          { Key: 'a', Value: '1' },
          { Key: undefined, Value: '2' },
        ],
      },
      "Value null at 'tags.2.member.key' failed to satisfy constraint: Member must not be null",
    ],
  ])('refuses %s', async (_what, change, text) => {
    await expect(assume(change)).rejects.toMatchObject({
      name: 'ValidationError',
      message: `1 validation error detected: ${text}`,
      $metadata: { httpStatusCode: 400 },
    })
  })

  it.each([
    'arn:aws:iam::123456789012:user/Alice',
    'arn:aws:iam::1234:role/Deploy',
    'arn:aws:s3:::bucket/role/Deploy',
  ])('refuses %s, which is no role', async (arn) => {
    await expect(assume({ RoleArn: arn })).rejects.toMatchObject({
      name: 'ValidationError',
      message: `${arn} is invalid`,
    })
  })

  it("gives the role's credentials for an hour, or as long as asked", async () => {
    const before = Date.now()
    const hour = await assume()
    expect(hour.AssumedRoleUser?.Arn).toBe('arn:aws:sts::123456789012:assumed-role/Deploy/ci-42')
    expect(hour.AssumedRoleUser?.AssumedRoleId).toMatch(/^AROA[A-Z2-7]{17}:ci-42$/)
    expect(hour.SourceIdentity).toBeUndefined()
    const hourInMilliseconds = (hour.Credentials?.Expiration?.getTime() ?? 0) - before
    expect(Math.round(hourInMilliseconds / 60_000)).toBe(60)

    const longer = await assume({ DurationSeconds: 43_200, SourceIdentity: 'alice' })
    expect(longer.SourceIdentity).toBe('alice')
    expect(longer.AssumedRoleUser?.AssumedRoleId).toBe(hour.AssumedRoleUser?.AssumedRoleId)
    const longerInMilliseconds = (longer.Credentials?.Expiration?.getTime() ?? 0) - before
    expect(Math.round(longerInMilliseconds / 60_000)).toBe(720)
  })

  it('writes its answer as the SDKs read it, to the letter', async () => {
    const form = { Action: 'AssumeRole', Version: '2011-06-15', RoleArn, RoleSessionName: 'a&b' }
    const refused = await postForm(ecr, form)
    expect(refused.xml).toContain('Value &apos;a&amp;b&apos;'.replaceAll('&apos;', "'"))
    const { xml } = await postForm(ecr, { ...form, RoleSessionName: 'a@b' })
    expect(xml).toMatch(
      /^<AssumeRoleResponse xmlns="https:\/\/sts\.amazonaws\.com\/doc\/2011-06-15\/"><AssumeRoleResult><Credentials><AccessKeyId>ASIA\w{16}<\/AccessKeyId><SecretAccessKey>\S{40}<\/SecretAccessKey><SessionToken>\S{320}<\/SessionToken><Expiration>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ<\/Expiration><\/Credentials><AssumedRoleUser><AssumedRoleId>AROA\w{17}:a@b<\/AssumedRoleId><Arn>arn:aws:sts::123456789012:assumed-role\/Deploy\/a@b<\/Arn><\/AssumedRoleUser><\/AssumeRoleResult><ResponseMetadata><RequestId>[0-9a-f-]{36}<\/RequestId><\/ResponseMetadata><\/AssumeRoleResponse>$/,
    )
  })

  it('gives credentials by which the role is known from then on, at every door', async () => {
    const { Credentials, AssumedRoleUser } = await assume()
    const identity = await stsClient(ecr, usable(Credentials)).send(new GetCallerIdentityCommand({}))
    expect(identity).toMatchObject({
      Account: '123456789012',
      Arn: AssumedRoleUser?.Arn,
      UserId: AssumedRoleUser?.AssumedRoleId,
    })
    const client = ecrOf(Credentials)
    const repositoryName = aName()
    const { repository } = await client.send(new CreateRepositoryCommand({ repositoryName }))
    expect(repository?.registryId).toBe('123456789012')
    const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}))
    const answer = await fetch(`${ecr.server.url}/v2/${repositoryName}/tags/list`, {
      headers: { authorization: `Basic ${authorizationData?.[0]?.authorizationToken}` },
    })
    expect(await answer.json()).toEqual({ name: repositoryName, tags: [] })
  })

  it('names the role in what it is denied', async () => {
    const { Credentials } = await assume()
    const call = ecrOf(Credentials).send(
      new CreateRepositoryCommand({ repositoryName: 'ab', registryId: '000000000000' }),
    )
    await expect(call).rejects.toThrow(
      'User: arn:aws:sts::123456789012:assumed-role/Deploy/ci-42 is not authorized to perform: ecr:CreateRepository',
    )
  })

  it('keeps the partition of the role', async () => {
    const { AssumedRoleUser } = await assume({ RoleArn: 'arn:aws-cn:iam::123456789012:role/Deploy' })
    expect(AssumedRoleUser?.Arn).toBe('arn:aws-cn:sts::123456789012:assumed-role/Deploy/ci-42')
  })

  it('gives credentials that expire, and stay expired when others are given', async () => {
    const { Credentials } = await assume({ DurationSeconds: 900 })
    const client = ecrOf(Credentials)
    const expiresAt = Credentials?.Expiration?.getTime() ?? 0
    vi.useFakeTimers({ toFake: ['Date'], now: expiresAt - 1000 })
    expect(await client.send(new GetAuthorizationTokenCommand({}))).toHaveProperty('authorizationData')

    vi.setSystemTime(expiresAt + 1000)
    const expired = { message: 'The security token included in the request is expired' }
    await assume()
    await expect(client.send(new GetAuthorizationTokenCommand({}))).rejects.toMatchObject({
      name: 'ExpiredTokenException',
      ...expired,
      $metadata: { httpStatusCode: 400 },
    })
    const sts = stsClient(ecr, usable(Credentials))
    await expect(sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name: 'ExpiredToken',
      ...expired,
      $metadata: { httpStatusCode: 403 },
    })
  })

  it('gives credentials that a reset forgets', async () => {
    const { Credentials } = await assume()
    const sts = stsClient(ecr, usable(Credentials))
    await ecr.server.reset({ accountId: '123456789012', region: 'eu-west-1' })
    expect((await sts.send(new GetCallerIdentityCommand({}))).Arn).toContain(':assumed-role/')
    await ecr.server.reset()
    // The key itself still holds the account.
    expect((await sts.send(new GetCallerIdentityCommand({}))).Arn).toBe('arn:aws:iam::123456789012:root')
  })
})
