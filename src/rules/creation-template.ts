/** When a repository is made without anybody calling CreateRepository; the model's names. */
export type CreationScenario = 'REPLICATION' | 'PULL_THROUGH_CACHE' | 'CREATE_ON_PUSH'

/** The prefix that every repository has. */
export const ROOT = 'ROOT'

/**
 * The template by which a repository is made: of those for the scenario the one with the longest prefix, which
 * ends at a slash of the name (ECR user guide, "Repository creation templates"). That a longer prefix for other
 * scenarios does not stand in its way is a guess.
 */
export function chooseTemplate<Template extends { prefix: string; appliedFor: readonly string[] }>(
  templates: readonly Template[],
  repositoryName: string,
  scenario: CreationScenario,
): Template | undefined {
  let chosen: Template | undefined
  for (const template of templates) {
    if (!template.appliedFor.includes(scenario) || !covers(template.prefix, repositoryName)) continue
    if (!chosen || reach(template.prefix) > reach(chosen.prefix)) chosen = template
  }
  return chosen
}

/** Whether a prefix, which ends at a slash of names, is that of a repository. */
export function covers(prefix: string, repositoryName: string): boolean {
  return prefix === ROOT || repositoryName.startsWith(`${prefix}/`)
}

/** How much of a name a prefix says: the longest is chosen. */
export function reach(prefix: string): number {
  return prefix === ROOT ? 0 : prefix.length
}
