import { matchesWildcard } from './tag-mutability.ts'

/** The model's enum, in its order. */
export type ScanType = 'BASIC' | 'ENHANCED'

/** The model's enum, in its order. */
export type ScanFrequency = 'SCAN_ON_PUSH' | 'CONTINUOUS_SCAN' | 'MANUAL'

export interface ScanFilter {
  readonly filter: string
  readonly filterType: 'WILDCARD'
}

export interface ScanningRule {
  readonly scanFrequency: ScanFrequency
  readonly repositoryFilters: readonly ScanFilter[]
}

/** How images of a registry are scanned. */
export interface ScanningConfiguration {
  readonly scanType: ScanType
  readonly rules: readonly ScanningRule[]
}

/** What a registry has where nothing was chosen. */
export const DEFAULT_SCANNING: ScanningConfiguration = { scanType: 'BASIC', rules: [] }

/** How images of a repository are scanned. */
export interface RepositoryScanning {
  readonly scanType: ScanType
  /** MANUAL with ENHANCED, which has no manual scans, means never. */
  readonly frequency: ScanFrequency
  /** Those of the last rule that fits, whichever decides (observed: moto, LocalStack); none where no rule does. */
  readonly appliedFilters: readonly ScanFilter[]
}

const PRECEDENCE: readonly ScanFrequency[] = ['CONTINUOUS_SCAN', 'SCAN_ON_PUSH']

/**
 * How a repository is scanned. Continuous scanning wins over scanning on push (ECR user guide, "Using filters"). With
 * BASIC the repository's own setting turns scanning on push on as well as a rule does (guess on both together).
 */
export function scanningOf(
  { scanType, rules }: ScanningConfiguration,
  { name, scanOnPush }: { readonly name: string; readonly scanOnPush: boolean },
): RepositoryScanning {
  const matching = rules.filter(({ repositoryFilters }) =>
    repositoryFilters.some(({ filter }) => matchesScanFilter(name, filter)),
  )
  const byRule = PRECEDENCE.find((one) => matching.some(({ scanFrequency }) => scanFrequency === one))
  const byItself = scanType === 'BASIC' && scanOnPush ? 'SCAN_ON_PUSH' : 'MANUAL'
  return {
    scanType,
    frequency: byRule ?? byItself,
    appliedFilters: matching.at(-1)?.repositoryFilters ?? [],
  }
}

/** A filter without `*` fits every name that contains it; with `*` it must fit the whole name (ECR user guide). */
export function matchesScanFilter(repositoryName: string, filter: string): boolean {
  return filter.includes('*') ? matchesWildcard(repositoryName, filter) : repositoryName.includes(filter)
}

/**
 * Why rules do not go with a scan type, as the member and constraint of ECR's InvalidParameterException; undefined
 * when they do. Texts: observed by cdk-preflight rules; the code around them is a guess.
 */
export function scanningFault({
  scanType,
  rules,
}: ScanningConfiguration): { member: string; constraint: string } | undefined {
  const frequencies = rules.map(({ scanFrequency }) => scanFrequency)
  const taken = scanType === 'BASIC' ? ['SCAN_ON_PUSH'] : PRECEDENCE
  const wrong = frequencies.find((frequency) => !taken.includes(frequency))
  if (wrong)
    return { member: 'rules', constraint: `Invalid scan frequency for scanType ${scanType}: ${wrong}` }
  const duplicate = frequencies.find((frequency, index) => frequencies.indexOf(frequency) < index)
  if (duplicate)
    return {
      member: 'rules',
      constraint: `Invalid input. Contains duplicate scan frequencies: [${duplicate}]`,
    }
  return undefined
}
