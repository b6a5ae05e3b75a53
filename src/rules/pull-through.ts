import { covers, ROOT, reach } from './creation-template.ts'
import { parseRegistryHost, type Registry, registryKey } from './registry.ts'

/** What ECR calls the registries that it caches; the model's names. */
export type UpstreamRegistry =
  | 'azure-container-registry'
  | 'chainguard'
  | 'docker-hub'
  | 'ecr'
  | 'ecr-public'
  | 'github-container-registry'
  | 'gitlab-container-registry'
  | 'k8s'
  | 'quay'

interface KnownUpstream {
  readonly name: UpstreamRegistry
  /** Of `upstreamRegistryUrl`, which has neither scheme nor path. */
  readonly host: RegExp
  /** How ECR logs in there. */
  readonly login: 'none' | 'secret' | 'role'
}

/** ECR user guide, "Sync an upstream registry": hosts in their one spelling, and what a rule must bring. */
const UPSTREAMS: readonly KnownUpstream[] = [
  { name: 'ecr-public', host: /^public\.ecr\.aws$/, login: 'none' },
  { name: 'k8s', host: /^registry\.k8s\.io$/, login: 'none' },
  { name: 'quay', host: /^quay\.io$/, login: 'none' },
  { name: 'docker-hub', host: /^registry-1\.docker\.io$/, login: 'secret' },
  { name: 'github-container-registry', host: /^ghcr\.io$/, login: 'secret' },
  { name: 'gitlab-container-registry', host: /^registry\.gitlab\.com$/, login: 'secret' },
  { name: 'chainguard', host: /^cgr\.dev$/, login: 'secret' },
  { name: 'azure-container-registry', host: /^[a-zA-Z0-9]{1,63}\.azurecr\.io$/, login: 'secret' },
  { name: 'ecr', host: /^[0-9]{12}\.dkr\.ecr\.[a-z0-9-]{2,25}\.amazonaws\.com$/, login: 'role' },
]

/** The upstream that a URL of a rule names, or undefined when ECR caches no such registry. */
export function upstreamAt(url: string): KnownUpstream | undefined {
  return UPSTREAMS.find(({ host }) => host.test(url))
}

/** What a rule is made of. */
export interface RuleSource {
  readonly upstreamRegistryUrl: string
  readonly upstreamRegistry?: UpstreamRegistry | undefined
  /** ARN of the secret that holds the login. */
  readonly credentialArn?: string | undefined
  /** ARN of the role as which another account's registry is asked. */
  readonly customRoleArn?: string | undefined
}

/**
 * Why ECR makes no rule for a source, in its words, or undefined when it does. Texts: observed by cdk-preflight
 * rules; the sentence about authentication whole in aws-controllers-k8s/community#2589.
 */
export function sourceFault(registry: Registry, source: RuleSource): string | undefined {
  const { upstreamRegistryUrl: url, upstreamRegistry } = source
  const upstream = upstreamAt(url)
  if (!upstream) return `The upstream registry URL ${url} is invalid`
  const other = parseRegistryHost(url)
  if (other && registryKey(other) === registryKey(registry))
    return 'Upstream registry URL cannot be the same as the cache registry'
  // Observed: checked only where a login is needed.
  if (upstreamRegistry && upstreamRegistry !== upstream.name && upstream.login !== 'none')
    return 'Upstream registry URL and entered upstream registry do not match'
  return credentialFault(registry, source)
}

/** Why a rule can't have the credentials that it is given; see `sourceFault`. */
export function credentialFault(registry: Registry, source: RuleSource): string | undefined {
  const { upstreamRegistryUrl: url, credentialArn, customRoleArn } = source
  const login = upstreamAt(url)?.login ?? 'none'
  if (login === 'none' && (credentialArn ?? customRoleArn) !== undefined)
    return "The specified upstream registry doesn't require authentication"
  if (login === 'role' ? credentialArn !== undefined : customRoleArn !== undefined)
    return 'Upstream registry URL and provided credential type do not match'
  if (login === 'secret' && credentialArn === undefined)
    return 'The specified upstream registry requires authentication. Specify a valid Secrets Manager ARN'
  // Another region of the same account needs no role (terraform-provider-aws#41933); the text is a guess.
  const isOtherAccount = login === 'role' && parseRegistryHost(url)?.accountId !== registry.accountId
  if (isOtherAccount && customRoleArn === undefined)
    return 'The specified upstream registry requires authentication. Specify a valid IAM role ARN'
  return undefined
}

/** Which repositories a rule is for, and what they are called at the upstream. */
export interface RuleNames {
  /** Without a trailing slash, or `ROOT`. */
  readonly ecrRepositoryPrefix: string
  /** Without a trailing slash, or `ROOT`. */
  readonly upstreamRepositoryPrefix: string
}

/** A prefix as rules keep it: a slash at its end, which the model lets in, is implied (as in templates: guess). */
export function normalizePrefix(prefix: string): string {
  return prefix.replace(/\/$/, '')
}

/** The rule by which a repository is filled: of those that cover it, the one with the longest prefix (guess). */
export function chooseRule<Rule extends RuleNames>(
  rules: readonly Rule[],
  repositoryName: string,
): Rule | undefined {
  let chosen: Rule | undefined
  for (const rule of rules) {
    if (!covers(rule.ecrRepositoryPrefix, repositoryName)) continue
    if (!chosen || reach(rule.ecrRepositoryPrefix) > reach(chosen.ecrRepositoryPrefix)) chosen = rule
  }
  return chosen
}

/** What the repository is called at the upstream (ECR user guide, "Customizing repository prefixes"). */
export function upstreamNameOf(rule: RuleNames, repositoryName: string): string {
  const { ecrRepositoryPrefix: prefix, upstreamRepositoryPrefix } = rule
  const rest = prefix === ROOT ? repositoryName : repositoryName.slice(prefix.length + 1)
  return upstreamRepositoryPrefix === ROOT ? rest : `${upstreamRepositoryPrefix}/${rest}`
}

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000

/**
 * Whether something is to be looked up at the upstream again: after a day (ECR user guide, "Pull through cache"), or
 * when the clock was put back, so that nobody knows how long ago it was.
 */
export function isCheckDue(checkedAt: number, now: number): boolean {
  return checkedAt > now || checkedAt < now - DAY_MILLISECONDS
}
