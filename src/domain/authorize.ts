import { type Decision, decide, isRepair, type Policies } from '../rules/policy/decide.ts'
import type { Question } from '../rules/policy/evaluate.ts'
import { identitiesOf } from '../rules/policy/principals.ts'
import { contextOf, type RequestFacts } from '../rules/policy/request-context.ts'
import { type Registry, repositoryArn } from '../rules/registry.ts'
import type { Reads, StoredPolicies } from '../store/database.ts'
import { settingOf } from './account-settings.ts'
import type { Caller, Domain } from './domain.ts'
import { Refused } from './errors.ts'
import { parsedPolicy } from './policies.ts'

/** What somebody wants to do. */
export interface Access {
  readonly caller: Pick<Caller, 'accountId' | 'principalArn' | 'userId' | 'connection'>
  /** As IAM names it, `ecr:BatchGetImage`. */
  readonly action: string
  readonly registry: Registry
  /** None for what concerns no repository. */
  readonly repositoryName?: string | undefined
  /** What the request brings that policies may ask for. */
  readonly facts?: Pick<RequestFacts, 'requestTags' | 'tagKeys' | 'accountSetting' | 'given'> | undefined
  /** Epoch milliseconds; without it no policy knows the time. */
  readonly now?: number | undefined
}

/** Whether the policies let somebody in. */
export async function isAllowed(tx: Reads, access: Access): Promise<boolean> {
  return (await judge(tx, access)).isAllowed
}

/** A login is the principal's, and no resource of anybody: no policy has a say in it (ECR user guide). */
const LOGIN = 'ecr:GetAuthorizationToken'

/** @throws Refused AccessDenied */
export async function authorize({ database, clock }: Domain, access: Access): Promise<void> {
  if (access.action === LOGIN && access.caller.accountId === access.registry.accountId) return
  const { caller, action, registry, repositoryName, facts } = access
  const asked = { caller, registry, repositoryName, facts, now: clock.now() }
  await database.read((tx) => authorizeAllWithin(tx, asked, [action]))
}

/**
 * The same for all of `actions`, among other work.
 *
 * @throws Refused AccessDenied, of the first that is not allowed
 */
export async function authorizeAllWithin(
  tx: Reads,
  access: Omit<Access, 'action'>,
  actions: readonly string[],
): Promise<void> {
  const stored = await tx.policies.find(access.registry, access.repositoryName)
  for (const action of actions) {
    const { isAllowed, reason } = judgeBy(stored, access, action)
    if (!isAllowed) throw accessDenied({ ...access, action }, reason)
  }
}

export function accessDenied(access: Access, reason: Decision['reason']): Refused<'AccessDenied'> {
  return new Refused('AccessDenied', {
    principalArn: access.caller.principalArn,
    action: access.action,
    resource: resourceOf(access),
    isExplicit: reason === 'explicit-deny',
  })
}

/** Whether the policies let somebody in, and which statement decided. */
export async function judge(tx: Reads, access: Access): Promise<Decision> {
  return judgeBy(await tx.policies.find(access.registry, access.repositoryName), access, access.action)
}

function judgeBy(
  stored: StoredPolicies | undefined,
  access: Omit<Access, 'action'>,
  action: string,
): Decision {
  const { caller, registry } = access
  // What most requests meet: no policy at all.
  if (!stored)
    return caller.accountId === registry.accountId
      ? { isAllowed: true, reason: 'own-account' }
      : { isAllowed: false, reason: 'no-allow' }
  const question = questionOf({ ...access, action }, stored)
  if (isRepair(question, registry.accountId)) return { isAllowed: true, reason: 'root-may-repair' }
  return decide(policiesFor(action, stored), question, registry.accountId)
}

/** What the policies are asked. */
export function questionOf(access: Access, { resourceTags }: Pick<StoredPolicies, 'resourceTags'>): Question {
  const { caller, action, registry, now, facts } = access
  const { accountId, principalArn, userId, connection } = caller
  const context = { principalArn, accountId, userId, ...connection, now, resourceTags, registry, ...facts }
  return {
    identities: identitiesOf(principalArn) ?? [`account:${accountId}`],
    action,
    resource: resourceOf(access),
    context: contextOf(context),
  }
}

/** What a registry policy of the first scope speaks of (ECR user guide, "Registry policy scope"). */
export const ACTIONS_OF_SCOPE_V1: readonly string[] = [
  'ecr:ReplicateImage',
  'ecr:BatchImportUpstreamImage',
  'ecr:CreateRepository',
]

/**
 * What only the registry policy lets another account do: replication, whatever the policies of its repositories
 * say (ECR user guide, "Registry policies"), and what makes a repository, which has none yet.
 */
const OF_REGISTRY_POLICY: readonly string[] = ['ecr:ReplicateImage', 'ecr:CreateRepository']

/** The policies that have a say about an action. */
export function policiesFor(action: string, stored: StoredPolicies): Policies {
  if (action === LOGIN) return {}
  const isV1 = settingOf(stored.accountSettings, 'REGISTRY_POLICY_SCOPE') === 'V1'
  const heedsRegistry = !isV1 || ACTIONS_OF_SCOPE_V1.includes(action)
  const heedsRepository = !OF_REGISTRY_POLICY.includes(action)
  const { repository, registry } = stored
  return {
    repository:
      heedsRepository && repository !== undefined ? parsedPolicy('repository', repository) : undefined,
    registry: heedsRegistry && registry !== undefined ? parsedPolicy('registry', registry) : undefined,
  }
}

function resourceOf({ registry, repositoryName }: Access): string {
  return repositoryName === undefined ? '*' : repositoryArn(registry, repositoryName)
}
