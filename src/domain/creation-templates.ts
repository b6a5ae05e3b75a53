import {
  InvalidPolicy as InvalidLifecyclePolicy,
  parsePolicy as parseLifecyclePolicy,
} from '../lifecycle/policy.ts'
import { InvalidPolicy, parsePolicy } from '../rules/policy/parse.ts'
import type { Registry } from '../rules/registry.ts'
import type { CreationTemplate, Reads } from '../store/database.ts'
import { Refused } from './errors.ts'

/**
 * The template of exactly this prefix, which has no trailing slash.
 *
 * @throws Refused TemplateUnknown
 */
export async function findTemplate(tx: Reads, registry: Registry, prefix: string): Promise<CreationTemplate> {
  const template = await tx.creationTemplates.find(registry, prefix)
  if (!template) throw new Refused('TemplateUnknown', { registryId: registry.accountId, prefix })
  return template
}

/**
 * Holds the policies of a template to the rules of those of a repository; an empty text is none. That they are
 * checked before a repository is made, and as which members they are refused, is a guess.
 *
 * @throws Refused ParameterInvalid
 */
export function checkPolicies(policies: {
  repositoryPolicy?: string | undefined
  lifecyclePolicy?: string | undefined
}): void {
  const { repositoryPolicy, lifecyclePolicy } = policies
  try {
    if (repositoryPolicy) parsePolicy(repositoryPolicy, 'repository')
    if (lifecyclePolicy) parseLifecyclePolicy(lifecyclePolicy)
  } catch (error) {
    if (error instanceof InvalidLifecyclePolicy)
      throw new Refused('ParameterInvalid', { member: 'LifecyclePolicy', constraint: error.message })
    if (!(error instanceof InvalidPolicy)) throw error
    const constraint =
      error.what === 'principal' ? 'Principal not found' : 'Invalid repository policy provided'
    throw new Refused('ParameterInvalid', { member: 'RepositoryPolicy', constraint })
  }
}
