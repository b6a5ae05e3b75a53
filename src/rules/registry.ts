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

interface Partition {
  /** As ARNs have it. */
  readonly name: string
  /** Below which its endpoints are. */
  readonly domain: string
}

/** By how the names of their regions begin (botocore's partitions.json); that of all other regions is the last. */
const PARTITIONS: readonly (Partition & { readonly prefix: string })[] = [
  { prefix: 'cn-', name: 'aws-cn', domain: 'amazonaws.com.cn' },
  { prefix: 'us-gov-', name: 'aws-us-gov', domain: 'amazonaws.com' },
  { prefix: 'eusc-', name: 'aws-eusc', domain: 'amazonaws.eu' },
  { prefix: 'us-iso-', name: 'aws-iso', domain: 'c2s.ic.gov' },
  { prefix: 'us-isob-', name: 'aws-iso-b', domain: 'sc2s.sgov.gov' },
  { prefix: 'eu-isoe-', name: 'aws-iso-e', domain: 'cloud.adc-e.uk' },
  { prefix: 'us-isof-', name: 'aws-iso-f', domain: 'csp.hci.ic.gov' },
  { prefix: '', name: 'aws', domain: 'amazonaws.com' },
]

function findPartition(region: string): Partition {
  return PARTITIONS.find(({ prefix }) => region.startsWith(prefix)) as Partition
}

/** The ARN partition that a region belongs to. */
export function partitionOf(region: string): string {
  return findPartition(region).name
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

/** The host at which Amazon has a registry. */
export function amazonHostOf({ accountId, region }: Registry): string {
  return `${accountId}.dkr.ecr.${region}.${findPartition(region).domain}`
}

/** Below which Amazon has registries; `on.aws` is that of dual-stack endpoints. */
const AMAZONS_DOMAINS = [...PARTITIONS.map(({ domain }) => domain), 'on.aws']

/** Whether a host in lower case, without a port, is one at which Amazon has a registry. */
export function isAmazonHost(host: string): boolean {
  return (
    parseRegistryHost(host) !== undefined && AMAZONS_DOMAINS.some((domain) => host.endsWith(`.${domain}`))
  )
}

/** The registry in a host of the form `<account>.dkr.ecr.<region>.<anything>`, if it has that form. */
export function parseRegistryHost(host: string): Registry | undefined {
  const match = REGISTRY_HOST.exec(host.toLowerCase())
  if (!match) return undefined
  const [, accountId = '', region = ''] = match
  return { accountId, region }
}
