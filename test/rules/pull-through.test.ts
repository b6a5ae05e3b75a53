import { describe, expect, it } from 'vitest'
import {
  chooseRule,
  isCheckDue,
  normalizePrefix,
  type RuleSource,
  sourceFault,
  upstreamAt,
  upstreamNameOf,
} from '../../src/rules/pull-through.ts'

const here = { accountId: '111122223333', region: 'eu-west-1' }
const ecr = (account: string, region = 'eu-west-1') => `${account}.dkr.ecr.${region}.amazonaws.com`
const credentialArn = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:ecr-pullthroughcache/hub'
const customRoleArn = 'arn:aws:iam::111122223333:role/reader'

describe('upstreamAt', () => {
  it.each([
    ['public.ecr.aws', 'ecr-public', 'none'],
    ['registry.k8s.io', 'k8s', 'none'],
    ['quay.io', 'quay', 'none'],
    ['registry-1.docker.io', 'docker-hub', 'secret'],
    ['ghcr.io', 'github-container-registry', 'secret'],
    ['registry.gitlab.com', 'gitlab-container-registry', 'secret'],
    ['cgr.dev', 'chainguard', 'secret'],
    ['myregistry.azurecr.io', 'azure-container-registry', 'secret'],
    [ecr('444455556666', 'us-gov-west-1'), 'ecr', 'role'],
  ])('knows %s', (url, name, login) => {
    expect(upstreamAt(url)).toMatchObject({ name, login })
  })
})

describe('sourceFault', () => {
  it.each([
    '',
    'docker.io',
    'https://quay.io',
    'quay.io/team',
    'Quay.io',
    'quay.io:443',
    'quay.io.example.com',
    'azurecr.io',
    'a.b.azurecr.io',
    '123.dkr.ecr.eu-west-1.amazonaws.com',
    `${ecr('444455556666')}.cn`,
  ])('refuses the URL "%s"', (upstreamRegistryUrl) => {
    const reason = `The upstream registry URL ${upstreamRegistryUrl} is invalid`
    expect(sourceFault(here, { upstreamRegistryUrl })).toBe(reason)
  })

  const none = "The specified upstream registry doesn't require authentication"
  const needed = 'The specified upstream registry requires authentication. Specify a valid'
  const unfit = 'Upstream registry URL and provided credential type do not match'
  const mismatch = 'Upstream registry URL and entered upstream registry do not match'
  it.each<[string, RuleSource, string | undefined]>([
    ['an open one', { upstreamRegistryUrl: 'quay.io' }, undefined],
    ['an open one with a secret', { upstreamRegistryUrl: 'quay.io', credentialArn }, none],
    ['an open one with a role', { upstreamRegistryUrl: 'quay.io', customRoleArn }, none],
    ['an open one by another name', { upstreamRegistryUrl: 'quay.io', upstreamRegistry: 'k8s' }, undefined],
    ['a closed one with a secret', { upstreamRegistryUrl: 'ghcr.io', credentialArn }, undefined],
    ['a closed one without', { upstreamRegistryUrl: 'ghcr.io' }, `${needed} Secrets Manager ARN`],
    ['a closed one with a role', { upstreamRegistryUrl: 'ghcr.io', customRoleArn }, unfit],
    [
      'a closed one by another name',
      { upstreamRegistryUrl: 'ghcr.io', credentialArn, upstreamRegistry: 'docker-hub' },
      mismatch,
    ],
    ['another account with a role', { upstreamRegistryUrl: ecr('444455556666'), customRoleArn }, undefined],
    ['another account without', { upstreamRegistryUrl: ecr('444455556666') }, `${needed} IAM role ARN`],
    ['another account with a secret', { upstreamRegistryUrl: ecr('444455556666'), credentialArn }, unfit],
    ['another region', { upstreamRegistryUrl: ecr(here.accountId, 'us-east-1') }, undefined],
    [
      'itself',
      { upstreamRegistryUrl: ecr(here.accountId) },
      'Upstream registry URL cannot be the same as the cache registry',
    ],
  ])('of %s', (_which, source, fault) => {
    expect(sourceFault(here, source)).toBe(fault)
  })
})

describe('names at the upstream', () => {
  it.each([
    ['ecr-public', 'ROOT', 'ecr-public/my-app/image1', 'my-app/image1'],
    ['ROOT', 'ROOT', 'my-app/image1', 'my-app/image1'],
    ['team-a', 'team-a', 'team-a/my-app/image1', 'team-a/my-app/image1'],
    ['my-app', 'upstream-app', 'my-app/image1', 'upstream-app/image1'],
    ['docker-hub', 'ROOT', 'docker-hub/library/nginx', 'library/nginx'],
    ['a/b', 'c/d', 'a/b/e', 'c/d/e'],
  ])(
    '%s from %s: %s is %s',
    (ecrRepositoryPrefix, upstreamRepositoryPrefix, repositoryName, upstreamName) => {
      const rule = { ecrRepositoryPrefix, upstreamRepositoryPrefix }
      expect(chooseRule([rule], repositoryName)).toBe(rule)
      expect(upstreamNameOf(rule, repositoryName)).toBe(upstreamName)
    },
  )
})

describe('chooseRule', () => {
  const rules = ['ROOT', 'team', 'team/quay', 'teams'].map((ecrRepositoryPrefix) => ({
    ecrRepositoryPrefix,
    upstreamRepositoryPrefix: 'ROOT',
  }))
  it.each([
    ['team/quay/app', 'team/quay'],
    ['team/quay', 'team'],
    ['team/quayside/app', 'team'],
    ['teams/app', 'teams'],
    ['team', 'ROOT'],
    ['app', 'ROOT'],
  ])('fills %s by the rule of %s', (repositoryName, prefix) => {
    expect(chooseRule(rules, repositoryName)?.ecrRepositoryPrefix).toBe(prefix)
    expect(chooseRule(rules.toReversed(), repositoryName)?.ecrRepositoryPrefix).toBe(prefix)
  })

  it('finds none for what no prefix covers', () => {
    expect(chooseRule(rules.slice(1), 'app/team')).toBeUndefined()
  })
})

describe('normalizePrefix', () => {
  it.each([
    ['team/', 'team'],
    ['team', 'team'],
    ['ROOT', 'ROOT'],
  ])('keeps %s as %s', (given, kept) => {
    expect(normalizePrefix(given)).toBe(kept)
  })
})

describe('isCheckDue', () => {
  const now = Date.UTC(2026, 10, 25)
  const hour = 60 * 60 * 1000
  it.each([
    ['a moment ago', now, false],
    ['a day ago', now - 24 * hour, false],
    ['more than a day ago', now - 24 * hour - 1, true],
    ['by a clock that was put back since', now + 1, true],
  ])('tells for what was looked up %s', (_when, checkedAt, isDue) => {
    expect(isCheckDue(checkedAt, now)).toBe(isDue)
  })
})
