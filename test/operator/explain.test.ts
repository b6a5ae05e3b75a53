import { type ECRClient, PutRegistryPolicyCommand, SetRepositoryPolicyCommand } from '@aws-sdk/client-ecr'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { operate } from '../support/operator.ts'
import { policyText } from '../support/policies.ts'
import { DEFAULT_ACCOUNT, repositoryArnOf } from '../support/refusals.ts'

const PRINCIPAL = 'arn:aws:iam::111122223333:role/deploy'
const REGISTRY = `${DEFAULT_ACCOUNT}/eu-west-1`
const QUESTION = { principal: PRINCIPAL, action: 'BatchGetImage', registry: REGISTRY, repository: 'charts' }
const ARN = repositoryArnOf('charts')

describe('POST /_ecr-local/explain', () => {
  const ecr = emulator()
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })
  beforeEach(async () => {
    await ecr.server.reset()
    await aRepository(client, { repositoryName: 'charts' })
  })

  const explain = async (question: object = {}) =>
    (await operate(ecr, 'POST', 'explain', { ...QUESTION, ...question })).body
  const setPolicy = (...statements: object[]) =>
    client.send(
      new SetRepositoryPolicyCommand({ repositoryName: 'charts', policyText: policyText(...statements) }),
    )
  const putRegistryPolicy = (...statements: object[]) =>
    client.send(new PutRegistryPolicyCommand({ policyText: policyText(...statements) }))

  it.each<[what: string, question: object, error: RegExp]>([
    ['a principal that is none', { principal: 'ann' }, /^"principal" is an account, .*; got "ann"$/],
    ['a registry that is none', { registry: 'eu-west-1' }, /^"registry" is "<account>\/<region>", /],
    ['a member that it does not know', { resource: ARN }, /resource/],
    ['a question without an action', { action: undefined }, /action/],
  ])('refuses %s', async (_what, question, error) => {
    const { status, body } = await operate(ecr, 'POST', 'explain', { ...QUESTION, ...question })
    expect(status).toBe(400)
    expect(body.error).toMatch(error)
  })

  it('says that no policy lets another account in', async () => {
    expect(await explain()).toEqual({
      isAllowed: false,
      reason: 'no-allow',
      message: `User: ${PRINCIPAL} is not authorized to perform: ecr:BatchGetImage on resource: ${ARN} because no resource-based policy allows the ecr:BatchGetImage action`,
      statements: [],
    })
  })

  it('names the statement that lets somebody in, and what does not fit of others', async () => {
    await setPolicy(
      { Sid: 'push', Principal: { AWS: '111122223333' }, Action: 'ecr:PutImage' },
      { Sid: 'pull', Principal: { AWS: PRINCIPAL }, Action: 'ecr:BatchGetImage' },
      { Effect: 'Deny', Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } },
    )
    await putRegistryPolicy({ Principal: { AWS: '444455556666' }, Resource: '*' }, { Resource: `${ARN}-web` })

    const pull = { policy: 'repository', index: 1, sid: 'pull', effect: 'Allow' }
    expect(await explain()).toEqual({
      isAllowed: true,
      reason: 'allow',
      decidedBy: pull,
      statements: [
        { policy: 'repository', index: 0, sid: 'push', effect: 'Allow', mismatch: 'Action' },
        { ...pull, mismatch: null },
        { policy: 'repository', index: 2, effect: 'Deny', mismatch: 'Condition' },
        { policy: 'registry', index: 0, effect: 'Allow', mismatch: 'Principal' },
        { policy: 'registry', index: 1, effect: 'Allow', mismatch: 'Resource' },
      ],
    })
  })

  it('takes values of condition keys', async () => {
    await setPolicy(
      {},
      { Sid: 'net', Effect: 'Deny', Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } },
    )
    expect(await explain({ context: { 'aws:sourceIP': '10.1.2.3' } })).toMatchObject({
      isAllowed: false,
      reason: 'explicit-deny',
      decidedBy: { policy: 'repository', index: 1, sid: 'net', effect: 'Deny' },
      message: expect.stringMatching(/ with an explicit deny in a resource-based policy$/),
    })
    expect(await explain({ context: { 'aws:SourceIp': ['11.1.2.3'] } })).toMatchObject({ isAllowed: true })
  })

  it('knows the time of the server', async () => {
    await setPolicy({ Condition: { DateGreaterThan: { 'aws:CurrentTime': '2030-01-01' } } })
    expect(await explain()).toMatchObject({ isAllowed: false })
    await ecr.server.clock({ now: '2030-01-02T00:00:00Z' })
    expect(await explain()).toMatchObject({ isAllowed: true })
  })

  it.each<[who: string, question: object, isAllowed: boolean, reason: string]>([
    ['the owner', { principal: DEFAULT_ACCOUNT }, true, 'own-account'],
    ['a user of the owner', { principal: `arn:aws:iam::${DEFAULT_ACCOUNT}:user/ann` }, true, 'own-account'],
    [
      'the owner who is denied',
      { principal: DEFAULT_ACCOUNT, action: 'ecr:PutImage' },
      false,
      'explicit-deny',
    ],
    [
      'a root that mends the policy',
      { principal: DEFAULT_ACCOUNT, action: 'SetRepositoryPolicy' },
      true,
      'root-may-repair',
    ],
    ['a service', { principal: 'lambda.amazonaws.com' }, true, 'allow'],
    ['another service', { principal: 'ecs.amazonaws.com' }, false, 'no-allow'],
    ['another repository', { repository: 'no/such' }, false, 'no-allow'],
    ['no repository', { repository: undefined, action: 'DescribeRegistry' }, false, 'no-allow'],
    ['another region', { principal: '111122223333', registry: '000000000000/us-east-1' }, false, 'no-allow'],
    // Whatever a repository allows: replication is the registry policy's.
    ['replication', { principal: '444455556666', action: 'ReplicateImage' }, false, 'no-allow'],
    ['making a repository', { principal: '444455556666', action: 'CreateRepository' }, false, 'no-allow'],
    ['pulls of that account', { principal: '444455556666' }, true, 'allow'],
  ])('decides about %s', async (_who, question, isAllowed, reason) => {
    await setPolicy(
      { Principal: { Service: 'lambda.amazonaws.com', AWS: '444455556666' } },
      { Effect: 'Deny', Principal: { AWS: DEFAULT_ACCOUNT }, Action: 'ecr:PutImage' },
    )
    expect(await explain(question)).toMatchObject({ isAllowed, reason })
  })

  it('is a method of the server, too', async () => {
    await setPolicy({ Sid: 'all' })
    const registry = { accountId: DEFAULT_ACCOUNT, region: 'eu-west-1' }
    expect(await ecr.server.explain({ ...QUESTION, registry })).toMatchObject({
      isAllowed: true,
      decidedBy: { policy: 'repository', index: 0, sid: 'all', effect: 'Allow' },
    })
  })
})
