/** What everything is kept per: an account in a region, as in AWS. */
export interface Registry {
  /** Twelve digits. */
  readonly accountId: string
  readonly region: string
}

/** One string that is equal for equal registries. */
export function registryKey(registry: Registry): string {
  return `${registry.accountId}/${registry.region}`
}

/** Partitions by how the names of their regions begin (botocore's partitions.json). */
const PARTITIONS: readonly (readonly [prefix: string, partition: string])[] = [
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
  ['eusc-', 'aws-eusc'],
  ['us-iso-', 'aws-iso'],
  ['us-isob-', 'aws-iso-b'],
  ['eu-isoe-', 'aws-iso-e'],
  ['us-isof-', 'aws-iso-f'],
]

/** The ARN partition that a region belongs to. */
export function partitionOf(region: string): string {
  return PARTITIONS.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'aws'
}

/** `arn:<partition>:ecr:<region>:<account>:repository/<name>` (ECR API reference, Repository). */
export function repositoryArn(registry: Registry, repositoryName: string): string {
  const { accountId, region } = registry
  return `arn:${partitionOf(region)}:ecr:${region}:${accountId}:repository/${repositoryName}`
}

const REPOSITORY_ARN = /^arn:(aws[a-z-]*):ecr:([a-z0-9-]{2,25}):([0-9]{12}):repository\/(.+)$/

/** The registry and repository that an ARN names, or undefined when it is not a repository's ARN. */
export function parseRepositoryArn(arn: string): (Registry & { repositoryName: string }) | undefined {
  const match = REPOSITORY_ARN.exec(arn)
  if (!match) return undefined
  const [, partition, region = '', accountId = '', repositoryName = ''] = match
  return partition === partitionOf(region) ? { accountId, region, repositoryName } : undefined
}

const REGISTRY_HOST = /^(?:https?:\/\/)?([0-9]{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]{2,25})\./

/** The registry in a host of the form `<account>.dkr.ecr.<region>.<anything>`, if it has that form. */
export function parseRegistryHost(host: string): Registry | undefined {
  const match = REGISTRY_HOST.exec(host)
  if (!match) return undefined
  const [, accountId = '', region = ''] = match
  return { accountId, region }
}
