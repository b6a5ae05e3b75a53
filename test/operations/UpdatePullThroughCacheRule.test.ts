import {
  DescribePullThroughCacheRulesCommand,
  type ECRClient,
  UpdatePullThroughCacheRuleCommand,
  type UpdatePullThroughCacheRuleCommandInput,
} from '@aws-sdk/client-ecr'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { emulator } from '../support/emulator.ts'
import { accessDenied, DEFAULT_ACCOUNT, invalidParameter, refusal } from '../support/refusals.ts'
import {
  aRule,
  CLOSED_UPSTREAM,
  ruleNotFound,
  secretArn,
  secretsFile,
  unusableSecrets,
} from '../support/upstream.ts'

const login = { username: 'ann', accessToken: 'token' }
const ecrRepositoryPrefix = 'hub'
const customRoleArn = `arn:aws:iam::${DEFAULT_ACCOUNT}:role/reader`

describe('UpdatePullThroughCacheRule', () => {
  const secrets = secretsFile()
  const ecr = emulator({ secrets: secrets.path })
  const [credentialArn, other] = [secretArn('hub-Ab3dE6'), secretArn('other-Ab3dE6')]
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })
  beforeEach(async () => {
    secrets.write({ 'ecr-pullthroughcache/hub': login, 'ecr-pullthroughcache/other': login })
    await aRule(client, { ecrRepositoryPrefix, upstreamRegistryUrl: CLOSED_UPSTREAM, credentialArn })
  })
  afterEach(() => ecr.server.reset())

  const update = (input: Partial<UpdatePullThroughCacheRuleCommandInput>) =>
    client.send(new UpdatePullThroughCacheRuleCommand({ ecrRepositoryPrefix, ...input }))
  const invalid = (reason: string) => refusal('InvalidParameterException', `Invalid input: ${reason}`)

  it.each<[string, string, object]>([
    ['ecrRepositoryPrefix', 'Member must not be null', { ecrRepositoryPrefix: undefined }],
    ['credentialArn', 'Member must have length greater than or equal to 50', { credentialArn: 'arn' }],
  ])('says of %s: %s', async (member, constraint, input) => {
    await expect(update(input)).rejects.toMatchObject(invalidParameter(member, constraint))
  })

  it.each<[string, object]>([
    ['Please set either credential arn or role arn to update the credentials', {}],
    ['Upstream registry URL and provided credential type do not match', { customRoleArn }],
  ])('says: %s', async (reason, input) => {
    await expect(update(input)).rejects.toMatchObject(invalid(reason))
  })

  it('rejects credentials for an upstream that takes none', async () => {
    const prefix = await aRule(client)
    const updated = update({ ecrRepositoryPrefix: prefix, credentialArn })
    const reason = "The specified upstream registry doesn't require authentication"
    await expect(updated).rejects.toMatchObject(invalid(reason))
  })

  it('rejects a rule that is missing, whatever its secret', async () => {
    const updated = update({ ecrRepositoryPrefix: 'nothing', credentialArn: secretArn('nothing-at-all') })
    await expect(updated).rejects.toMatchObject(ruleNotFound)
  })

  it.each(unusableSecrets)(
    'rejects a secret %s, and leaves the rule',
    async (_what, content, name, message) => {
      if (content === undefined) secrets.remove()
      else secrets.write(content)
      await expect(update({ credentialArn })).rejects.toMatchObject(refusal(name, message))
      const { pullThroughCacheRules } = await client.send(new DescribePullThroughCacheRulesCommand({}))
      expect(pullThroughCacheRules).toMatchObject([{ credentialArn }])
    },
  )

  it('lets no other account in', async () => {
    const refused = accessDenied('ecr:UpdatePullThroughCacheRule', '*')
    await expect(update({ registryId: '111122223333', credentialArn })).rejects.toMatchObject(refused)
  })

  it('changes the secret and the time of the change, and nothing else', async () => {
    await ecr.server.clock({ now: '2027-01-01T00:00:00Z', frozen: true })
    const { body } = await ecr.call('UpdatePullThroughCacheRule', {
      ecrRepositoryPrefix: 'hub/',
      credentialArn: other,
    })
    expect(body).toEqual({
      credentialArn: other,
      ecrRepositoryPrefix,
      registryId: DEFAULT_ACCOUNT,
      updatedAt: 1_798_761_600,
      upstreamRepositoryPrefix: 'ROOT',
    })
    const { pullThroughCacheRules: [rule] = [] } = await client.send(
      new DescribePullThroughCacheRulesCommand({}),
    )
    expect(rule).toMatchObject({ credentialArn: other, upstreamRegistryUrl: CLOSED_UPSTREAM })
    expect(rule?.createdAt?.getTime()).toBeLessThan(rule?.updatedAt?.getTime() ?? 0)
  })

  it('changes the role of a rule for another account', async () => {
    const upstreamRegistryUrl = '111122223333.dkr.ecr.eu-west-1.amazonaws.com'
    const prefix = await aRule(client, { upstreamRegistryUrl, customRoleArn })
    const updated = await update({ ecrRepositoryPrefix: prefix, customRoleArn: `${customRoleArn}2` })
    expect(updated).toMatchObject({ customRoleArn: `${customRoleArn}2` })
  })
})
