import type { Registry } from '../rules/registry.ts'
import type { Reads, Writes } from '../store/database.ts'
import { Refused } from './errors.ts'

/**
 * What an account chooses in a region, by name: the first value is what a new account has (ECR user guide; that
 * of BLOB_MOUNTING is a guess). CLAIR and V1 are retired, but named by older guides and tools.
 */
export const accountSettings = {
  BASIC_SCAN_TYPE_VERSION: ['AWS_NATIVE', 'CLAIR'],
  REGISTRY_POLICY_SCOPE: ['V2', 'V1'],
  BLOB_MOUNTING: ['DISABLED', 'ENABLED'],
} as const satisfies Record<string, readonly [string, ...string[]]>

export type AccountSettingName = keyof typeof accountSettings

export type AccountSettingValue<Name extends AccountSettingName> = (typeof accountSettings)[Name][number]

type Chosen = { readonly [Name in AccountSettingName]?: AccountSettingValue<Name> }

const KEY = 'accountSettings'

/** What is in force. */
export async function accountSetting<Name extends AccountSettingName>(
  tx: Reads,
  registry: Registry,
  name: Name,
): Promise<AccountSettingValue<Name>> {
  return settingOf((await tx.registrySettings.get<Chosen>(registry, KEY)) ?? {}, name)
}

/** What is in force among what was chosen. */
export function settingOf<Name extends AccountSettingName>(
  chosen: Readonly<Record<string, string>>,
  name: Name,
): AccountSettingValue<Name> {
  return (chosen[name] ?? accountSettings[name][0]) as AccountSettingValue<Name>
}

/** @throws Refused ParameterInvalid */
export async function putAccountSetting(
  tx: Writes,
  registry: Registry,
  name: AccountSettingName,
  value: string,
): Promise<void> {
  const values: readonly string[] = accountSettings[name]
  if (!values.includes(value)) throw notOneOf('value', values)
  const chosen = await tx.registrySettings.get<Chosen>(registry, KEY)
  await tx.registrySettings.put(registry, KEY, { ...chosen, [name]: value })
}

/** @throws Refused ParameterInvalid */
export function accountSettingName(name: string): AccountSettingName {
  if (!Object.hasOwn(accountSettings, name)) throw notOneOf('name', Object.keys(accountSettings))
  return name as AccountSettingName
}

/** Code and text: a guess, in ECR's words for enumerations. */
function notOneOf(member: string, values: readonly string[]): Refused {
  const constraint = `Member must satisfy enum value set: [${values.join(', ')}]`
  return new Refused('ParameterInvalid', { member, constraint })
}
