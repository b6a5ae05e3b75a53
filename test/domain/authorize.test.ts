// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so are variables of policies written
import {
  CreateRepositoryCommand,
  DescribeRepositoriesCommand,
  type ECRClient,
  GetAuthorizationTokenCommand,
  ListImagesCommand,
  PutRegistryPolicyCommand,
  SetRepositoryPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-ecr'
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { aName, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { policyText } from '../support/policies.ts'
import { accessDenied, DEFAULT_ACCOUNT, explicitlyDenied, repositoryArnOf } from '../support/refusals.ts'
import { stsClient } from '../support/sts.ts'

const OTHER = '222233334444'
const ROLE = `arn:aws:iam::${DEFAULT_ACCOUNT}:role/team/deploy`
const SESSION = `arn:aws:sts::${DEFAULT_ACCOUNT}:assumed-role/deploy/job-1`
const IS_ALLOWED = { imageIds: [] }

describe('authorize', () => {
  const ecr = emulator()
  /** Of the default account, which calls for repositories of another. */
  let client: ECRClient
  let owner: ECRClient
  /** A session of the role `deploy` of the default account. */
  let session: ECRClient
  beforeAll(async () => {
    client = ecr.client()
    owner = ecr.client({ accessKeyId: OTHER })
    const assume = new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: 'job-1' })
    const { Credentials } = await stsClient(ecr).send(assume)
    session = ecr.client({ accessKeyId: Credentials?.AccessKeyId ?? '' })
  })
  afterEach(async () => {
    await ecr.server.clock({ reset: true })
    for (const accountId of [OTHER, DEFAULT_ACCOUNT])
      await ecr.server.reset({ accountId, region: 'eu-west-1' })
  })

  const setPolicy = (repositoryName: string, statements: object[], by = owner) =>
    by.send(
      new SetRepositoryPolicyCommand({ repositoryName, policyText: policyText(...statements), force: true }),
    )
  const putRegistryPolicy = (statements: object[], by = owner) =>
    by.send(new PutRegistryPolicyCommand({ policyText: policyText(...statements) }))
  const list = (repositoryName: string, by = client) =>
    by.send(new ListImagesCommand({ registryId: OTHER, repositoryName }))
  const arnOf = (repositoryName: string) => repositoryArnOf(repositoryName, { accountId: OTHER })

  /** A repository of the other account with a policy of the statements. */
  async function repositoryUnder(...statements: object[]): Promise<string> {
    const repositoryName = await aRepository(owner, { tags: [{ Key: 'stage', Value: 'test' }] })
    await setPolicy(repositoryName, statements)
    return repositoryName
  }

  describe('another account', () => {
    it.each<[what: string, statement: object]>([
      ['to everybody', {}],
      ['to its account', { Principal: { AWS: DEFAULT_ACCOUNT } }],
      ['to the root of its account', { Principal: { AWS: `arn:aws:iam::${DEFAULT_ACCOUNT}:root` } }],
      ['where all but others are meant', { NotPrincipal: { AWS: OTHER } }],
      ['of every action', { Action: '*' }],
      ['of actions like this one', { Action: 'ecr:?ist*' }],
      ['of every resource', { Resource: '*' }],
      [
        'where it calls as this account',
        { Condition: { StringEquals: { 'aws:PrincipalAccount': DEFAULT_ACCOUNT } } },
      ],
      ['where it calls in the clear', { Condition: { Bool: { 'aws:SecureTransport': 'false' } } }],
      ['where it calls from here', { Condition: { IpAddress: { 'aws:SourceIp': ['127.0.0.1', '::1'] } } }],
      [
        'for the tags that the repository has',
        { Condition: { StringEquals: { 'ecr:ResourceTag/stage': 'test' } } },
      ],
      ['where it is of no organization', { Condition: { Null: { 'aws:PrincipalOrgID': 'true' } } }],
    ])('is let in by an Allow %s', async (_what, allow) => {
      expect(await list(await repositoryUnder(allow))).toMatchObject(IS_ALLOWED)
    })

    it.each<[what: string, statement: object]>([
      ['of another account', { Principal: { AWS: '333344445555' } }],
      ['of a role of its account', { Principal: { AWS: ROLE } }],
      ['of a service', { Principal: { Service: 'lambda.amazonaws.com' } }],
      ['of another action', { Action: 'ecr:DescribeImages' }],
      ['of another repository', { Resource: 'arn:aws:ecr:*:*:repository/nowhere' }],
      ['from another network', { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }],
      ['of an organization', { Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } } }],
      ['for other tags', { Condition: { StringEquals: { 'aws:ResourceTag/stage': 'prod' } } }],
    ])('is not let in by an Allow %s', async (_what, allow) => {
      const repositoryName = await repositoryUnder(allow)
      await expect(list(repositoryName)).rejects.toMatchObject(
        accessDenied('ecr:ListImages', arnOf(repositoryName)),
      )
    })

    it('is let in by one policy and denied by the other', async () => {
      const repositoryName = await repositoryUnder({})
      await putRegistryPolicy([{ Effect: 'Deny', Action: 'ecr:ListImages', Resource: arnOf('*') }])
      const refused = explicitlyDenied('ecr:ListImages', arnOf(repositoryName))
      await expect(list(repositoryName)).rejects.toMatchObject(refused)

      await putRegistryPolicy([{ Resource: '*' }])
      await setPolicy(repositoryName, [{ Effect: 'Deny', Action: 'ecr:List*' }, {}])
      await expect(list(repositoryName)).rejects.toMatchObject(refused)
    })

    it('is not told whether a repository is there', async () => {
      const refused = accessDenied('ecr:ListImages', arnOf('no/such'))
      await expect(list('no/such')).rejects.toMatchObject(refused)
    })
  })

  describe('a session of a role', () => {
    it.each([
      ['the role', ROLE],
      ['the role without its path', ROLE.replace('team/', '')],
      ['the session', SESSION],
      ['the account', DEFAULT_ACCOUNT],
    ])('is let in as %s', async (_as, principal) => {
      expect(await list(await repositoryUnder({ Principal: { AWS: principal } }), session)).toMatchObject(
        IS_ALLOWED,
      )
    })

    it.each<[what: string, condition: object]>([
      ['its role', { ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${DEFAULT_ACCOUNT}:role/dep*` } }],
      ['its id', { StringLike: { 'aws:userid': 'AROA*:job-1' } }],
    ])('is let in on condition of %s', async (_what, condition) => {
      expect(await list(await repositoryUnder({ Condition: condition }), session)).toMatchObject(IS_ALLOWED)
    })

    it('is not let in as another session', async () => {
      const repositoryName = await repositoryUnder({ Principal: { AWS: SESSION.replace('job-1', 'job-2') } })
      await expect(list(repositoryName, session)).rejects.toMatchObject({
        name: 'AccessDeniedException',
        message: accessDenied('ecr:ListImages', arnOf(repositoryName)).message.replace(
          `arn:aws:iam::${DEFAULT_ACCOUNT}:root`,
          SESSION,
        ),
      })
    })
  })

  describe('the owning account', () => {
    it('needs no Allow', async () => {
      const repositoryName = await repositoryUnder({ Principal: { AWS: DEFAULT_ACCOUNT } })
      expect(await list(repositoryName, owner)).toMatchObject(IS_ALLOWED)
    })

    it('may not do what is denied, until it takes the policy away', async () => {
      const repositoryName = await aRepository(client)
      const mine = new ListImagesCommand({ repositoryName })
      await setPolicy(repositoryName, [{ Effect: 'Deny', Principal: { AWS: DEFAULT_ACCOUNT } }], client)
      const refused = explicitlyDenied('ecr:ListImages', repositoryArnOf(repositoryName))
      await expect(client.send(mine)).rejects.toMatchObject(refused)
      await expect(session.send(mine)).rejects.toMatchObject({ name: 'AccessDeniedException' })
      // That a root may mend the policy is no right of its roles.
      const repair = new SetRepositoryPolicyCommand({ repositoryName, policyText: policyText({}) })
      await expect(session.send(repair)).rejects.toMatchObject({ name: 'AccessDeniedException' })
      await client.send(repair)
      expect(await client.send(mine)).toMatchObject(IS_ALLOWED)
    })

    it('always gets its login', async () => {
      await putRegistryPolicy([{ Effect: 'Deny', Resource: '*' }], client)
      const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}))
      expect(authorizationData).toHaveLength(1)
    })
  })

  describe('conditions', () => {
    it('follow the clock of the server', async () => {
      const repositoryName = await repositoryUnder({
        Condition: { DateLessThan: { 'aws:CurrentTime': '2027-01-01T00:00:00Z' } },
      })
      await ecr.server.clock({ now: '2026-12-31T23:59:59Z', frozen: true })
      expect(await list(repositoryName)).toMatchObject(IS_ALLOWED)
      await ecr.server.clock({ advance: 'PT1S' })
      const refused = accessDenied('ecr:ListImages', arnOf(repositoryName))
      await expect(list(repositoryName)).rejects.toMatchObject(refused)
    })

    it('fill in what a policy asks of the caller', async () => {
      const [mine, yours] = [`${DEFAULT_ACCOUNT}/a`, `${OTHER}/a`]
      for (const repositoryName of [mine, yours]) await aRepository(owner, { repositoryName })
      await putRegistryPolicy([{ Resource: arnOf('${aws:PrincipalAccount}/*') }])
      expect(await list(mine)).toMatchObject(IS_ALLOWED)
      await expect(list(yours)).rejects.toMatchObject(accessDenied('ecr:ListImages', arnOf(yours)))
    })

    it('know the tags that a repository is made with, which is an action of its own', async () => {
      const create = (...tags: { Key: string; Value: string }[]) => {
        const repositoryName = aName()
        const made = client.send(new CreateRepositoryCommand({ repositoryName, tags }))
        return made.then(
          () => 'made',
          ({ message }) => message.replaceAll(repositoryName, 'NAME'),
        )
      }
      const told = (action: string) => explicitlyDenied(action, repositoryArnOf('NAME')).message
      const deny = { Effect: 'Deny', Action: 'ecr:CreateRepository', Resource: '*' }
      await putRegistryPolicy([{ ...deny, Condition: { Null: { 'aws:RequestTag/team': 'true' } } }], client)
      expect(await create()).toBe(told('ecr:CreateRepository'))
      expect(await create({ Key: 'team', Value: 'a' })).toBe('made')

      await putRegistryPolicy([{ ...deny, Action: 'ecr:TagResource' }], client)
      expect(await create()).toBe('made')
      expect(await create({ Key: 'team', Value: 'a' })).toBe(told('ecr:TagResource'))
    })

    it('know the tags and keys that somebody sets and removes', async () => {
      const repositoryName = await aRepository(client)
      const resourceArn = repositoryArnOf(repositoryName)
      const only = { 'ForAnyValue:StringNotEquals': { 'aws:TagKeys': ['team'] } }
      const deny = { Effect: 'Deny', Action: 'ecr:*tagResource', Condition: only }
      await setPolicy(repositoryName, [deny], client)
      const tag = (Key: string) =>
        client.send(new TagResourceCommand({ resourceArn, tags: [{ Key, Value: '' }] }))
      const untag = (key: string) =>
        client.send(new UntagResourceCommand({ resourceArn, tagKeys: ['team', key] }))

      await expect(tag('stage')).rejects.toMatchObject(explicitlyDenied('ecr:TagResource', resourceArn))
      await expect(tag('team')).resolves.toBeDefined()
      await expect(untag('stage')).rejects.toMatchObject(explicitlyDenied('ecr:UntagResource', resourceArn))
      await expect(untag('team')).resolves.toBeDefined()
    })
  })

  it('asks for each repository that a call names, and for all when it names none', async () => {
    const [open, shut] = [await repositoryUnder({}), await aRepository(owner)]
    const describeThem = (...repositoryNames: string[]) =>
      client.send(
        new DescribeRepositoriesCommand({
          registryId: OTHER,
          ...(repositoryNames.length > 0 && { repositoryNames }),
        }),
      )
    expect((await describeThem(open)).repositories).toHaveLength(1)
    const refused = (name: string) => accessDenied('ecr:DescribeRepositories', arnOf(name))
    await expect(describeThem(open, shut)).rejects.toMatchObject(refused(shut))
    await expect(describeThem()).rejects.toMatchObject(refused('*'))
  })
})
