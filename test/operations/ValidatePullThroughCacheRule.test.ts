import {
  type ECRClient,
  ValidatePullThroughCacheRuleCommand,
  type ValidatePullThroughCacheRuleCommandOutput,
} from '@aws-sdk/client-ecr'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { emulator } from '../support/emulator.ts'
import { accessDenied, DEFAULT_ACCOUNT, invalidParameter } from '../support/refusals.ts'
import {
  answering,
  aRule,
  CLOSED_UPSTREAM,
  OPEN_UPSTREAM,
  type Part,
  playedRegistry,
  ruleNotFound,
  secretArn,
  secretsFile,
  unusableSecrets,
} from '../support/upstream.ts'

describe('ValidatePullThroughCacheRule', async () => {
  const secrets = secretsFile()
  const registry = await playedRegistry()
  const upstream = [OPEN_UPSTREAM, CLOSED_UPSTREAM].map((host) => `${host}=${registry.url}`)
  const ecr = emulator({ secrets: secrets.path, upstream })
  const credentialArn = secretArn('hub-Ab3dE6')
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })
  beforeEach(() => secrets.write({ 'ecr-pullthroughcache/hub': { username: 'ann', accessToken: 'token' } }))

  const validate = (ecrRepositoryPrefix: string, registryId?: string) =>
    client.send(new ValidatePullThroughCacheRuleCommand({ ecrRepositoryPrefix, registryId }))
  const verdict = ({ isValid, failure }: ValidatePullThroughCacheRuleCommandOutput) => ({ isValid, failure })
  const closedRule = () => aRule(client, { upstreamRegistryUrl: CLOSED_UPSTREAM, credentialArn })

  it('says of a prefix: Member must have length greater than or equal to 2', async () => {
    const constraint = 'Member must have length greater than or equal to 2'
    await expect(validate('a')).rejects.toMatchObject(invalidParameter('ecrRepositoryPrefix', constraint))
  })

  it('rejects a rule that is missing', async () => {
    await expect(validate('missing')).rejects.toMatchObject(ruleNotFound)
  })

  it('lets no other account in', async () => {
    const refused = accessDenied('ecr:ValidatePullThroughCacheRule', '*')
    await expect(validate('missing', '111122223333')).rejects.toMatchObject(refused)
  })

  it('asks the upstream, with the login of the secret', async () => {
    const authorization = `Basic ${Buffer.from('ann:token').toString('base64')}`
    registry.play((request, response) => {
      const isLoggedIn = request.headers.authorization === authorization
      answering(isLoggedIn ? 200 : 401, { 'www-authenticate': 'Basic realm="hub"' })(request, response)
    })
    const prefix = await closedRule()
    const { body } = await ecr.call('ValidatePullThroughCacheRule', { ecrRepositoryPrefix: prefix })
    expect(body).toEqual({
      credentialArn,
      ecrRepositoryPrefix: prefix,
      isValid: true,
      registryId: DEFAULT_ACCOUNT,
      upstreamRegistryUrl: CLOSED_UPSTREAM,
      upstreamRepositoryPrefix: 'ROOT',
    })
    expect(registry.requests.map(({ line }) => line)).toEqual(['GET /v2/', 'GET /v2/'])
  })

  it.each<[string, Part, string]>([
    [
      'a login that is refused',
      answering(401, { 'www-authenticate': 'Basic realm="hub"' }),
      'The authentication to the upstream registry failed. Verify that the credentials are valid and try again.',
    ],
    [
      'too many requests',
      answering(429),
      'The upstream registry has received too many requests. Wait and try again.',
    ],
    ['a server in distress', answering(500), 'The upstream registry is unavailable. Wait and try again.'],
    ['no registry', answering(404), 'The upstream registry is unavailable. Wait and try again.'],
    [
      'a connection that is cut',
      ({ socket }) => socket.destroy(),
      'The upstream registry is unavailable. Wait and try again.',
    ],
  ])('finds %s, which is no error', async (_what, part, failure) => {
    registry.play(part)
    expect(verdict(await validate(await closedRule()))).toEqual({ isValid: false, failure })
  })

  it.each(unusableSecrets)('finds a secret %s', async (_what, content, _name, failure) => {
    const prefix = await closedRule()
    if (content === undefined) secrets.remove()
    else secrets.write(content)
    registry.play(answering(200))
    expect(verdict(await validate(prefix))).toEqual({ isValid: false, failure })
    expect(registry.requests).toEqual([])
  })

  it('needs no login where none is asked for', async () => {
    registry.play(answering(200))
    expect(verdict(await validate(await aRule(client)))).toEqual({ isValid: true, failure: undefined })
    expect(registry.requests).toEqual([{ line: 'GET /v2/', authorization: undefined }])
  })
})
