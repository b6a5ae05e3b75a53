import { type Registry, repositoryArn } from '../rules/registry.ts'
import type { Caller } from './domain.ts'
import { Refused } from './errors.ts'

/**
 * Lets the owning account do everything. Another account needs a policy of the repository to let it in, and
 * no repository here carries one.
 *
 * @param action as IAM names it, `ecr:BatchGetImage`
 * @throws Refused AccessDenied
 */
export function authorize(caller: Caller, action: string, registry: Registry, repositoryName?: string): void {
  if (caller.accountId === registry.accountId) return
  throw new Refused('AccessDenied', {
    principalArn: caller.principalArn,
    action,
    resource: repositoryName ? repositoryArn(registry, repositoryName) : '*',
  })
}
