import type { Registry } from '../rules/registry.ts'
import { registryKey } from '../rules/registry.ts'
import {
  deletionDestinationsOf,
  destinationsOf,
  type ReplicationConfiguration,
} from '../rules/replication.ts'
import type { Image, Reads, Repository, Writes } from '../store/database.ts'
import type { Domain } from './domain.ts'
import { enqueue } from './jobs.ts'

/** Under which a registry keeps the document of PutReplicationConfiguration. */
const SETTING = 'replicationConfiguration'

/** The code of what nobody foresaw. */
export const INTERNAL_ERROR = 'InternalError'

/**
 * How long an image takes to another registry, so that somebody can see that it takes time. ECR needs up to
 * 30 minutes for most (user guide).
 */
export const REPLICATION_MILLISECONDS = 1000

export async function replicationConfigurationOf(
  tx: Reads,
  registry: Registry,
): Promise<ReplicationConfiguration> {
  return (await tx.registrySettings.get<ReplicationConfiguration>(registry, SETTING)) ?? { rules: [] }
}

export async function putReplicationConfiguration(
  tx: Writes,
  registry: Registry,
  configuration: ReplicationConfiguration,
): Promise<void> {
  await tx.registrySettings.put(registry, SETTING, configuration)
}

/** Has an image that was pushed or restored follow the rules of its registry, under the tag that it came with. */
export async function requestReplication(
  tx: Writes,
  domain: Domain,
  { registry, name: repositoryName }: Repository,
  image: Image,
  tag: string | undefined,
): Promise<void> {
  const configuration = await replicationConfigurationOf(tx, registry)
  for (const destination of destinationsOf(configuration, repositoryName)) {
    await tx.replicationStatuses.put(image.id, { destination, status: 'IN_PROGRESS' })
    await enqueue(tx, domain, 'replicateImage', {
      registry,
      payload: { repositoryName, imageDigest: image.digest, imageTag: tag, destination },
      dueAt: domain.clock.now() + REPLICATION_MILLISECONDS,
    })
  }
}

/**
 * Has the end of an image, or of one of its tags, follow the rules that say so, to where the image was
 * replicated: no further, so that replicas that go take nothing with them. Called before the image goes.
 */
export async function requestDeletion(
  tx: Writes,
  domain: Domain,
  { registry, name: repositoryName }: Repository,
  image: Image,
  tag?: string,
): Promise<void> {
  const destinations = deletionDestinationsOf(await replicationConfigurationOf(tx, registry), repositoryName)
  if (destinations.length === 0) return
  const statuses = await tx.replicationStatuses.ofImage(image.id)
  const reached = new Set(statuses.map(({ destination }) => registryKey(destination)))
  for (const destination of destinations.filter((one) => reached.has(registryKey(one))))
    await enqueue(tx, domain, 'replicateDeletion', {
      registry,
      payload: { repositoryName, imageDigest: image.digest, imageTag: tag, destination },
      dueAt: domain.clock.now() + REPLICATION_MILLISECONDS,
    })
}
