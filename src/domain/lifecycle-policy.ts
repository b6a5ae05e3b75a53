import { InvalidPolicy, parsePolicy } from '../lifecycle/policy.ts'
import type { Repository } from '../store/database.ts'
import { inRepository } from './domain.ts'
import { Refused } from './errors.ts'

/** @throws Refused ParameterInvalid with ECR's text when it is no lifecycle policy */
export function checkLifecyclePolicy(text: string): void {
  try {
    parsePolicy(text)
  } catch (error) {
    if (!(error instanceof InvalidPolicy)) throw error
    throw new Refused('ParameterInvalid', { member: 'LifecyclePolicyText', constraint: error.message })
  }
}

/**
 * The lifecycle policy of a repository, as it was sent.
 *
 * @throws Refused LifecyclePolicyUnknown
 */
export function findLifecyclePolicy({ registry, name, lifecyclePolicyText }: Repository): string {
  if (lifecyclePolicyText === undefined)
    throw new Refused('LifecyclePolicyUnknown', inRepository({ registry, repositoryName: name }))
  return lifecyclePolicyText
}
