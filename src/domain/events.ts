import type { Registry } from '../rules/registry.ts'
import type { Event, Image, Repository, Writes } from '../store/database.ts'
import type { Domain } from './domain.ts'

/** The kinds of ECR's events, and of Inspector's about images (ECR user guide, "Sample events"). */
export type DetailType =
  | 'ECR Image Action'
  | 'ECR Image Scan'
  | 'ECR Pull Through Cache Action'
  | 'ECR Referrer Action'
  | 'ECR Replication Action'
  | 'ECR Scan Resource Change'
  | 'Inspector2 Finding'
  | 'Inspector2 Scan'

/** Notes that something happened, in the transaction in which it does. Members that are undefined are left out. */
export async function emit(
  tx: Writes,
  { clock, newId, eventsChanged }: Domain,
  registry: Registry,
  event: { detailType: DetailType; detail: object; resources?: readonly string[] },
): Promise<void> {
  const { resources = [], ...rest } = event
  await tx.events.append({ id: newId(), registry, occurredAt: clock.now(), resources, ...rest })
  tx.afterCommit(() => eventsChanged.notify())
}

/** An event as EventBridge hands it out. */
export interface Envelope {
  readonly version: '0'
  readonly id: string
  readonly 'detail-type': string
  readonly source: 'aws.ecr' | 'aws.inspector2'
  readonly account: string
  /** ISO 8601, whole seconds. */
  readonly time: string
  readonly region: string
  readonly resources: readonly string[]
  readonly detail: object
}

export function envelopeOf({ id, registry, occurredAt, detailType, resources, detail }: Event): Envelope {
  return {
    version: '0',
    id,
    'detail-type': detailType,
    source: detailType.startsWith('Inspector2 ') ? 'aws.inspector2' : 'aws.ecr',
    account: registry.accountId,
    time: new Date(occurredAt).toISOString().replace(/\.\d{3}Z$/, 'Z'),
    region: registry.region,
    resources,
    detail,
  }
}

/**
 * Notes a push, a deletion or a change of storage class of an image; of what has a subject, as ECR's events of
 * referrers. Which members events of images carry beyond the user guide's samples is a guess by the newer
 * samples, which all have the two media types.
 */
export async function emitImageAction(
  tx: Writes,
  domain: Domain,
  repository: Repository,
  image: Image,
  action: {
    'action-type': 'PUSH' | 'DELETE' | 'UPDATE_STORAGE_CLASS'
    'image-tag'?: string | undefined
  } & Record<string, unknown>,
): Promise<void> {
  await emit(tx, domain, repository.registry, {
    detailType: image.subject ? 'ECR Referrer Action' : 'ECR Image Action',
    detail: {
      result: 'SUCCESS',
      'repository-name': repository.name,
      'image-digest': image.digest,
      ...action,
      'manifest-media-type': image.mediaType,
      'artifact-media-type': image.artifactType,
    },
  })
}
