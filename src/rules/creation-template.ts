/** When a repository is made without anybody calling CreateRepository; the model's names. */
export type CreationScenario = 'REPLICATION' | 'PULL_THROUGH_CACHE' | 'CREATE_ON_PUSH'

/** The prefix that every repository has. */
export const ROOT = 'ROOT'

/**
 * The prefixes that a repository's name has, the longest first, and last the one that each has; they end at a slash
 * of the name (ECR user guide, "Repository creation templates").
 */
export function prefixesOf(repositoryName: string): string[] {
  const parts = repositoryName.split('/').slice(0, -1)
  return [...parts.map((_part, index) => parts.slice(0, parts.length - index).join('/')), ROOT]
}

/** Whether a prefix, which ends at a slash of names, is that of a repository. */
export function covers(prefix: string, repositoryName: string): boolean {
  return prefix === ROOT || repositoryName.startsWith(`${prefix}/`)
}

/** How much of a name a prefix says: the longest is chosen. */
export function reach(prefix: string): number {
  return prefix === ROOT ? 0 : prefix.length
}
