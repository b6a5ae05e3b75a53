import type { Digest } from '../rules/digest.ts'
import type { Registry } from '../rules/registry.ts'
import type { Layer, Reads, Repository } from '../store/database.ts'
import { accountSetting } from './account-settings.ts'
import { repositoryToPush } from './create-on-push.ts'
import type { Caller, Domain, RepositoryReference } from './domain.ts'
import { ruleFor } from './pull-through-rule.ts'

/** Beyond so many repositories that own a blob nobody looks for one that it may be mounted from. */
const MAX_OWNERS = 100

/** Names of the repositories of a registry that have a layer, of which the caller may see none. */
export function ownersOf({ database }: Domain, registry: Registry, digest: Digest): Promise<string[]> {
  return database.read((tx) => tx.layers.ownersOf(registry, digest, MAX_OWNERS))
}

/**
 * Makes a layer of another repository of the same registry a layer of this one too, without its bytes
 * moving, `asEcr` only where ECR would. Answers whether there was such a layer, which one in the archive is not.
 *
 * @throws Refused RepositoryUnknown when the repository to mount into is missing; a missing source is `false`
 */
export async function mountBlob(
  domain: Domain,
  into: RepositoryReference,
  digest: Digest,
  fromRepositoryName: string,
  pusher: Caller,
  { asEcr = false } = {},
): Promise<boolean> {
  const { database, clock } = domain
  return database.write(async (tx) => {
    const target = await repositoryToPush(tx, domain, into, pusher)
    const source = await tx.repositories.find(into.registry, fromRepositoryName)
    const layer = source && (await tx.layers.find(source.id, digest))
    if (!layer || layer.isArchived) return false
    if (asEcr && !(await doesEcrMount(tx, target, source, layer))) return false
    const { sizeInBytes } = layer
    await tx.layers.link(target.id, { digest, sizeInBytes, linkedAt: clock.now() })
    return true
  })
}

/**
 * ECR user guide, "Blob mounting": where the account turned it on, between repositories of one encryption, and not
 * out of a pull-through cache. A blob that no image names is not mounted (containers-roadmap#2860).
 */
async function doesEcrMount(
  tx: Reads,
  target: Repository,
  source: Repository,
  layer: Layer,
): Promise<boolean> {
  const { registry, encryption } = target
  const { encryptionType, kmsKey } = source.encryption
  return (
    layer.referenced &&
    encryption.encryptionType === encryptionType &&
    encryption.kmsKey === kmsKey &&
    (await accountSetting(tx, registry, 'BLOB_MOUNTING')) === 'ENABLED' &&
    !(await ruleFor(tx, registry, source.name))
  )
}
