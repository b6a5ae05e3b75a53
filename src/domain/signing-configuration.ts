import { NOTATION_SIGNATURE } from '../rules/notation.ts'
import type { Registry } from '../rules/registry.ts'
import { matchesWildcard } from '../rules/tag-mutability.ts'
import type { Image, Reads, Repository, Writes } from '../store/database.ts'
import type { Domain } from './domain.ts'
import { Refused } from './errors.ts'
import { enqueue } from './jobs.ts'

const SETTING = 'signingConfiguration'

export interface SigningConfiguration {
  readonly rules: readonly {
    readonly signingProfileArn: string
    /** Wildcards over whole names; without any, every repository's images are signed. */
    readonly repositoryFilters?: readonly { readonly filter: string }[] | undefined
  }[]
}

/** @throws Refused SigningConfigurationUnknown */
export async function findSigningConfiguration<Configuration extends SigningConfiguration>(
  tx: Reads,
  registry: Registry,
): Promise<Configuration> {
  const configuration = await tx.registrySettings.get<Configuration>(registry, SETTING)
  if (!configuration) throw new Refused('SigningConfigurationUnknown', { registryId: registry.accountId })
  return configuration
}

export async function putSigningConfiguration(
  tx: Writes,
  registry: Registry,
  configuration: SigningConfiguration,
): Promise<void> {
  await tx.registrySettings.put(registry, SETTING, configuration)
}

export async function deleteSigningConfiguration(tx: Writes, registry: Registry): Promise<void> {
  await tx.registrySettings.delete(registry, SETTING)
}

/** Has a pushed image signed by every profile whose rule fits, once by each; signatures themselves are not. */
export async function requestSignatures(
  tx: Writes,
  domain: Domain,
  { registry, name }: Repository,
  image: Image,
): Promise<void> {
  if (image.artifactType === NOTATION_SIGNATURE) return
  const configuration = await tx.registrySettings.get<SigningConfiguration>(registry, SETTING)
  for (const { signingProfileArn, repositoryFilters } of configuration?.rules ?? []) {
    const fits = !repositoryFilters || repositoryFilters.some(({ filter }) => matchesWildcard(name, filter))
    if (!fits || !(await tx.signings.begin(image.id, signingProfileArn))) continue
    const payload = { repositoryName: name, imageDigest: image.digest, signingProfileArn }
    await enqueue(tx, domain, 'signImage', { registry, payload, dueAt: domain.clock.now() })
  }
}
