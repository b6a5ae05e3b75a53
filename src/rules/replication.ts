import { partitionOf, type Registry, registryKey } from './registry.ts'

/** What is replicated where: the document of PutReplicationConfiguration. */
export interface ReplicationConfiguration {
  readonly rules: readonly ReplicationRule[]
}

export interface ReplicationRule {
  readonly destinations: readonly ReplicationDestination[]
  /** None for every repository. */
  readonly repositoryFilters?: readonly RepositoryFilter[] | undefined
  readonly deleteReplication?: { readonly enabled: boolean } | undefined
}

export interface ReplicationDestination {
  readonly region: string
  /** The account. */
  readonly registryId: string
}

interface RepositoryFilter {
  readonly filterType: 'PREFIX_MATCH'
  readonly filter: string
}

/** ECR user guide, "Amazon ECR service quotas". */
const MAX_RULES = 10
const MAX_DESTINATIONS = 25

/**
 * Why a registry can't have a configuration, as member and constraint of ECR's InvalidParameterException;
 * undefined when it can. Any region of the partition will do: which of them exist changes with the years.
 */
export function configurationFault(
  source: Registry,
  { rules }: ReplicationConfiguration,
): { member: string; constraint: string } | undefined {
  const fault = (constraint: string) => ({ member: 'replicationConfiguration', constraint })
  const destinations = uniqueDestinations(rules)
  if (destinations.some((destination) => registryKey(destination) === registryKey(source)))
    return fault('Replication destination cannot be the same as the source registry') // moto, cdk-preflight rules
  const foreign = destinations.find(({ region }) => partitionOf(region) !== partitionOf(source.region))
  if (foreign) return fault(`Invalid region '${foreign.region}'`) // cdk-preflight rules
  // Both texts: guess. The model lets more in than the quotas do, and declares no LimitExceededException.
  if (rules.length > MAX_RULES)
    return fault(`Replication configuration cannot have more than ${MAX_RULES} rules`)
  if (destinations.length > MAX_DESTINATIONS)
    return fault(`Replication configuration cannot have more than ${MAX_DESTINATIONS} unique destinations`)
  return undefined
}

/** Where what is pushed to a repository goes, in the order of the rules, each registry once. */
export function destinationsOf(configuration: ReplicationConfiguration, repositoryName: string): Registry[] {
  return uniqueDestinations(configuration.rules.filter((rule) => covers(rule, repositoryName)))
}

/** Where what is deleted from a repository is deleted too. */
export function deletionDestinationsOf(
  configuration: ReplicationConfiguration,
  repositoryName: string,
): Registry[] {
  const rules = configuration.rules.filter(({ deleteReplication }) => deleteReplication?.enabled)
  return destinationsOf({ rules }, repositoryName)
}

function covers({ repositoryFilters }: ReplicationRule, repositoryName: string): boolean {
  return repositoryFilters?.some(({ filter }) => repositoryName.startsWith(filter)) ?? true
}

function uniqueDestinations(rules: readonly ReplicationRule[]): Registry[] {
  const unique = new Map<string, Registry>()
  for (const { region, registryId } of rules.flatMap(({ destinations }) => destinations)) {
    const registry = { accountId: registryId, region }
    unique.set(registryKey(registry), registry)
  }
  return [...unique.values()]
}
