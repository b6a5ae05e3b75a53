import {
  DescribeImageReplicationStatusCommand,
  DescribeImagesCommand,
  DescribeReplicationBackfillResultsCommand,
  type DescribeReplicationBackfillResultsCommandOutput,
  type ECRClient,
  type ImageDetail,
  type ImageIdentifier,
  type ImageReplicationStatus,
  PutReplicationConfigurationCommand,
  type ReplicationDestination,
  RepositoryNotFoundException,
  StartReplicationBackfillCommand,
} from '@aws-sdk/client-ecr'
import { beforeAll } from 'vitest'
import { authorizationOf, type Emulator } from './emulator.ts'
import { refusal } from './refusals.ts'

let accounts = 0

/** An account that no other test uses: what is replicated is set for a whole registry. */
export function anAccount(): string {
  accounts += 1
  return `7${String(accounts).padStart(11, '0')}`
}

/** The region of the default client, from where tests replicate. */
export const HOME = 'eu-west-1'

/** What PutReplicationConfiguration takes to replicate everything, or what begins with a prefix. */
export function ruleTo(destinations: ReplicationDestination[], ...prefixes: string[]) {
  const filters = prefixes.map((filter) => ({ filter, filterType: 'PREFIX_MATCH' as const }))
  return { destinations, ...(filters.length > 0 && { repositoryFilters: filters }) }
}

type Rule = ReturnType<typeof ruleTo>

export async function configure(client: ECRClient, ...rules: Rule[]): Promise<void> {
  await client.send(new PutReplicationConfigurationCommand({ replicationConfiguration: { rules } }))
}

/** The same with `deleteReplication` in each rule, which the SDK does not know. */
export async function configureDeletion(
  ecr: Emulator,
  { accountId, region = HOME }: { accountId: string; region?: string },
  enabled: boolean,
  ...rules: Rule[]
): Promise<void> {
  const headers = { authorization: authorizationOf(accountId, region) }
  const replicationConfiguration = {
    rules: rules.map((rule) => ({ ...rule, deleteReplication: { enabled } })),
  }
  await ecr.call('PutReplicationConfiguration', { replicationConfiguration }, headers)
}

/** Stops the clock before the first test: nothing arrives until it is moved on. */
export function frozen(ecr: Emulator): void {
  beforeAll(async () => {
    await ecr.server.clock({ frozen: true })
  })
}

/** Lets everything arrive that is under way. */
export async function arrive(ecr: Emulator): Promise<void> {
  await ecr.server.clock({ advance: 'PT1S' })
}

export async function statusesOf(
  client: ECRClient,
  repositoryName: string,
  imageId: ImageIdentifier,
): Promise<ImageReplicationStatus[] | undefined> {
  const status = new DescribeImageReplicationStatusCommand({ repositoryName, imageId })
  return (await client.send(status)).replicationStatuses
}

/** The images of a repository, in the order of arrival; undefined when the repository is missing. */
export async function imagesAt(
  client: ECRClient,
  repositoryName: string,
): Promise<ImageDetail[] | undefined> {
  const filter = { imageStatus: 'ANY' } as const
  try {
    return (await client.send(new DescribeImagesCommand({ repositoryName, filter }))).imageDetails
  } catch (error) {
    if (error instanceof RepositoryNotFoundException) return undefined
    throw error
  }
}

/** Digest and tags of each of them. */
export async function tagsAt(
  client: ECRClient,
  repositoryName: string,
): Promise<[digest: string | undefined, tags: string[]][] | undefined> {
  const images = await imagesAt(client, repositoryName)
  return images?.map(({ imageDigest, imageTags = [] }) => [imageDigest, imageTags])
}

/** Begins a backfill and answers with its id. */
export async function aBackfill(client: ECRClient, destination: ReplicationDestination): Promise<string> {
  const { replicationBackfillId } = await client.send(new StartReplicationBackfillCommand({ destination }))
  return replicationBackfillId as string
}

/** Lets a backfill come to its end. */
export async function finish(ecr: Emulator): Promise<void> {
  await ecr.server.clock({ advance: 'PT2S' })
}

/** All that is told of a backfill, but for the request's own metadata. */
export async function resultsOf(
  client: ECRClient,
  replicationBackfillId: string,
  options: { resultStatusFilter?: 'COMPLETE' | 'FAILED'; maxResults?: number; nextToken?: string } = {},
): Promise<Omit<DescribeReplicationBackfillResultsCommandOutput, '$metadata'>> {
  const { $metadata, ...results } = await client.send(
    new DescribeReplicationBackfillResultsCommand({ replicationBackfillId, ...options }),
  )
  return results
}

/** No backfill has it. */
export const NO_BACKFILL = '00000000-0000-4000-8000-000000000000'

/** What operations on a backfill say of its id: member, constraint, input. */
export const invalidBackfillIds: [member: string, constraint: string, input: object][] = [
  ['replicationBackfillId', 'Member must not be null', { replicationBackfillId: undefined }],
  [
    'replicationBackfillId',
    'Member must satisfy regular expression pattern: [0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}',
    { replicationBackfillId: 'backfill-1' },
  ],
]

export function backfillNotFound(account: string, replicationBackfillId = NO_BACKFILL) {
  return refusal(
    'ReplicationBackfillNotFoundException',
    `The replication backfill with id '${replicationBackfillId}' does not exist in the registry with id '${account}'`,
  )
}
