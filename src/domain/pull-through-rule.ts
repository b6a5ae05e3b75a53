import { chooseRule, upstreamAt } from '../rules/pull-through.ts'
import { parseRegistryHost, type Registry } from '../rules/registry.ts'
import type { PullThroughRule, Reads } from '../store/database.ts'
import type { Login, Upstream } from '../upstream/upstream.ts'
import type { Domain } from './domain.ts'
import { Refused } from './errors.ts'

/** @throws Refused PullThroughRuleUnknown */
export async function findRule(tx: Reads, registry: Registry, prefix: string): Promise<PullThroughRule> {
  const rule = await tx.pullThroughRules.find(registry, prefix)
  if (rule) return rule
  throw new Refused('PullThroughRuleUnknown', { registryId: registry.accountId, ecrRepositoryPrefix: prefix })
}

/** Whether a rule that was found earlier is still there: it may have been deleted, or the registry reset. */
export async function isInForce(tx: Reads, registry: Registry, rule: PullThroughRule): Promise<boolean> {
  const found = await tx.pullThroughRules.find(registry, rule.ecrRepositoryPrefix)
  return found?.createdAt === rule.createdAt
}

/** The rule by which a repository is filled, if one is. */
export async function ruleFor(
  tx: Reads,
  registry: Registry,
  repositoryName: string,
): Promise<PullThroughRule | undefined> {
  return chooseRule(await tx.pullThroughRules.all(registry), repositoryName)
}

/**
 * The upstream of a rule, as seen with the rule's credentials.
 *
 * @throws Refused SecretUnknown, SecretInaccessible, SecretUndecryptable
 */
export async function openUpstream(
  domain: Domain,
  registry: Registry,
  rule: PullThroughRule,
): Promise<Upstream> {
  return domain.upstreams.open(rule.upstreamRegistryUrl, await loginOf(domain, registry, rule))
}

async function loginOf(domain: Domain, registry: Registry, rule: PullThroughRule): Promise<Login> {
  const { credentialArn, customRoleArn, upstreamRegistryUrl } = rule
  if (credentialArn !== undefined) return readSecret(domain, registry, credentialArn)
  if (upstreamAt(upstreamRegistryUrl)?.login !== 'role') return { kind: 'anonymous' }
  // A real ECR takes no role's word for it: whoever has a password of it keeps it as the secret of the role.
  const secret = customRoleArn === undefined ? undefined : await domain.secrets.find(customRoleArn)
  if (secret?.kind === 'found')
    return { kind: 'basic', username: secret.username, password: secret.accessToken }
  const region = parseRegistryHost(upstreamRegistryUrl)?.region ?? registry.region
  return { kind: 'ecr', accountId: registry.accountId, region, roleArn: customRoleArn }
}

const SECRET_ARN = /^arn:[a-z-]+:secretsmanager:([^:]+):([^:]+):secret:/

/**
 * The login in a secret, which must be of the registry's account and region.
 *
 * @throws Refused SecretUnknown, SecretInaccessible, SecretUndecryptable
 */
export async function readSecret({ secrets }: Domain, registry: Registry, arn: string): Promise<Login> {
  const [, region, accountId] = SECRET_ARN.exec(arn) ?? []
  const isHere = region === registry.region && accountId === registry.accountId
  const secret = isHere ? await secrets.find(arn) : ({ kind: 'missing' } as const)
  switch (secret.kind) {
    case 'found':
      return { kind: 'basic', username: secret.username, password: secret.accessToken }
    case 'missing':
      throw new Refused('SecretUnknown', {})
    case 'inaccessible':
      throw new Refused('SecretInaccessible', {})
    case 'undecryptable':
      throw new Refused('SecretUndecryptable', {})
  }
}
