import type { Policy } from '../rules/policy/document.ts'
import type { Registry } from '../rules/registry.ts'
import type { Reads, Writes } from '../store/database.ts'
import { accountSetting } from './account-settings.ts'
import { ACTIONS_OF_SCOPE_V1 } from './authorize.ts'
import { Refused } from './errors.ts'
import { checkPolicy, invalidPolicy } from './policies.ts'

/** Where the policy lies among the settings of its registry (store/policies.ts reads it there, too). */
const KEY = 'registryPolicy'

/** @throws Refused RegistryPolicyUnknown */
export async function registryPolicy(tx: Reads, registry: Registry): Promise<string> {
  const text = await tx.registrySettings.get<string>(registry, KEY)
  if (text === undefined) throw new Refused('RegistryPolicyUnknown', { registryId: registry.accountId })
  return text
}

/** @throws Refused ParameterInvalid for what is no policy, or speaks of more than REGISTRY_POLICY_SCOPE lets it */
export async function putRegistryPolicy(tx: Writes, registry: Registry, policyText: string): Promise<void> {
  const policy = checkPolicy('registry', policyText)
  if ((await accountSetting(tx, registry, 'REGISTRY_POLICY_SCOPE')) === 'V1' && !isOfScopeV1(policy))
    throw invalidPolicy('registry')
  await tx.registrySettings.put(registry, KEY, policyText)
}

/** Takes the policy away, and answers with it. */
export async function deleteRegistryPolicy(tx: Writes, registry: Registry): Promise<string> {
  const text = await registryPolicy(tx, registry)
  await tx.registrySettings.delete(registry, KEY)
  return text
}

/** A guess: a policy of the first scope names actions of that scope, and no wildcards. */
function isOfScopeV1({ statements }: Policy): boolean {
  const known = ACTIONS_OF_SCOPE_V1.map((action) => action.toLowerCase())
  return statements.every(
    ({ actions }) => !actions.isNegated && actions.named.every((action) => known.includes(action)),
  )
}
