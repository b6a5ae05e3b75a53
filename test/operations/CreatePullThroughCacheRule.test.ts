import {
  CreatePullThroughCacheRuleCommand,
  type CreatePullThroughCacheRuleCommandInput,
  DescribePullThroughCacheRulesCommand,
  type ECRClient,
} from '@aws-sdk/client-ecr'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { aName } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { accessDenied, DEFAULT_ACCOUNT, invalidParameter, refusal } from '../support/refusals.ts'
import { aRule, CLOSED_UPSTREAM, secretArn, secretsFile, unusableSecrets } from '../support/upstream.ts'

const PREFIX_PATTERN =
  '^([a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(\\/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*\\/?|ROOT)$'
const credentialArn = secretArn('hub-Ab3dE6')
const customRoleArn = `arn:aws:iam::${DEFAULT_ACCOUNT}:role/reader`

describe('CreatePullThroughCacheRule', () => {
  const secrets = secretsFile()
  const ecr = emulator({ secrets: secrets.path, quotas: { pullThroughCacheRules: 20 } })
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })
  beforeEach(() => secrets.write({ 'ecr-pullthroughcache/hub': { username: 'ann', accessToken: 'token' } }))
  afterEach(() => ecr.server.reset())

  const create = (input: Partial<CreatePullThroughCacheRuleCommandInput> = {}, by = client) =>
    by.send(
      new CreatePullThroughCacheRuleCommand({
        ecrRepositoryPrefix: 'quay',
        upstreamRegistryUrl: 'quay.io',
        ...input,
      }),
    )
  const unsupported = (reason: string) => refusal('UnsupportedUpstreamRegistryException', reason)

  describe('validation', () => {
    it.each<[string, string, object]>([
      ['ecrRepositoryPrefix', 'Member must not be null', { ecrRepositoryPrefix: undefined }],
      ['upstreamRegistryUrl', 'Member must not be null', { upstreamRegistryUrl: undefined }],
      [
        'ecrRepositoryPrefix',
        'Member must have length greater than or equal to 2',
        { ecrRepositoryPrefix: 'a' },
      ],
      [
        'ecrRepositoryPrefix',
        'Member must have length less than or equal to 30',
        { ecrRepositoryPrefix: 'a'.repeat(31) },
      ],
      [
        'ecrRepositoryPrefix',
        `Member must satisfy regular expression pattern: ${PREFIX_PATTERN}`,
        { ecrRepositoryPrefix: 'root/' + 'A' },
      ],
      [
        'upstreamRegistry',
        'Member must satisfy enum value set: [ecr, ecr-public, quay, k8s, docker-hub, github-container-registry, azure-container-registry, gitlab-container-registry, chainguard]',
        { upstreamRegistry: 'gcr' },
      ],
      ['credentialArn', 'Member must have length greater than or equal to 50', { credentialArn: 'arn' }],
      [
        'upstreamRepositoryPrefix',
        'Must be ROOT when ecrRepositoryPrefix is ROOT',
        { ecrRepositoryPrefix: 'ROOT', upstreamRepositoryPrefix: 'team' },
      ],
    ])('says of %s: %s', async (member, constraint, input) => {
      await expect(create(input)).rejects.toMatchObject(invalidParameter(member, constraint))
    })

    it.each<[string, object]>([
      ['The upstream registry URL gcr.io is invalid', { upstreamRegistryUrl: 'gcr.io' }],
      [
        'The specified upstream registry requires authentication. Specify a valid Secrets Manager ARN',
        { upstreamRegistryUrl: CLOSED_UPSTREAM },
      ],
      ["The specified upstream registry doesn't require authentication", { credentialArn }],
      [
        'Upstream registry URL cannot be the same as the cache registry',
        { upstreamRegistryUrl: `${DEFAULT_ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com` },
      ],
    ])('says: %s', async (reason, input) => {
      await expect(create(input)).rejects.toMatchObject(unsupported(reason))
    })
  })

  describe('refusals', () => {
    it.each(['quay', 'quay/'])('rejects a second rule for a prefix, as %s', async (ecrRepositoryPrefix) => {
      await create()
      await expect(
        create({ ecrRepositoryPrefix, upstreamRegistryUrl: 'registry.k8s.io' }),
      ).rejects.toMatchObject(
        refusal(
          'PullThroughCacheRuleAlreadyExistsException',
          'A pull through cache rule with these settings already exists for the private registry.',
        ),
      )
    })

    it.each(['cn-north-1', 'us-gov-west-1'])('makes no rules in %s', async (region) => {
      await expect(aRule(ecr.client({ region }))).rejects.toMatchObject(
        refusal('ValidationException', 'This feature is disabled'),
      )
    })

    it('rejects more rules than the quota allows', async () => {
      for (let count = 0; count < 20; count += 1) await aRule(client)
      await expect(create()).rejects.toMatchObject(
        refusal(
          'LimitExceededException',
          'The operation did not succeed because it would have exceeded the service quota of 20 for pull through cache rules per registry.',
        ),
      )
    })

    it.each(unusableSecrets)('rejects a secret %s', async (_what, content, name, message) => {
      if (content === undefined) secrets.remove()
      else secrets.write(content)
      const created = create({ upstreamRegistryUrl: CLOSED_UPSTREAM, credentialArn })
      await expect(created).rejects.toMatchObject(refusal(name, message))
    })

    it.each([{ region: 'us-east-1' }, { accountId: '111122223333' }])(
      'finds no secret of another registry: %j',
      async (registry) => {
        const created = create({
          upstreamRegistryUrl: CLOSED_UPSTREAM,
          credentialArn: secretArn('hub-Ab3dE6', registry),
        })
        await expect(created).rejects.toMatchObject({ name: 'SecretNotFoundException' })
      },
    )

    it('lets no other account in', async () => {
      const created = create({ registryId: '111122223333' })
      await expect(created).rejects.toMatchObject(accessDenied('ecr:CreatePullThroughCacheRule', '*'))
    })
  })

  describe('effects', () => {
    it('answers with the rule, its upstream by name', async () => {
      await ecr.server.clock({ now: '2027-01-01T00:00:00Z', frozen: true })
      const { body } = await ecr.call('CreatePullThroughCacheRule', {
        ecrRepositoryPrefix: 'quay',
        upstreamRegistryUrl: 'quay.io',
      })
      expect(body).toEqual({
        createdAt: Date.parse('2027-01-01T00:00:00Z') / 1000,
        ecrRepositoryPrefix: 'quay',
        registryId: DEFAULT_ACCOUNT,
        upstreamRegistry: 'quay',
        upstreamRegistryUrl: 'quay.io',
        upstreamRepositoryPrefix: 'ROOT',
      })
    })

    it('keeps how it logs in, and what repositories are called there', async () => {
      const otherAccount = '111122223333.dkr.ecr.eu-west-1.amazonaws.com'
      await create({ ecrRepositoryPrefix: 'hub', upstreamRegistryUrl: CLOSED_UPSTREAM, credentialArn })
      const created = await create({
        ecrRepositoryPrefix: 'team/',
        upstreamRegistryUrl: otherAccount,
        upstreamRepositoryPrefix: 'their/team/',
        customRoleArn,
      })
      expect(created).toMatchObject({ ecrRepositoryPrefix: 'team', upstreamRepositoryPrefix: 'their/team' })
      const { pullThroughCacheRules } = await client.send(new DescribePullThroughCacheRulesCommand({}))
      expect(pullThroughCacheRules).toMatchObject([
        { ecrRepositoryPrefix: 'hub', upstreamRegistry: 'docker-hub', credentialArn },
        { ecrRepositoryPrefix: 'team', upstreamRegistry: 'ecr', customRoleArn },
      ])
    })

    it('is of one registry: others may have the same prefix', async () => {
      await create()
      const elsewhere = ecr.client({ region: 'us-east-1' })
      expect(await create({ ecrRepositoryPrefix: aName('quay') }, elsewhere)).toMatchObject({
        registryId: DEFAULT_ACCOUNT,
      })
      expect(await create({}, elsewhere)).toMatchObject({ ecrRepositoryPrefix: 'quay' })
    })
  })
})
