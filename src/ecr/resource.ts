import { type Access, authorize } from '../domain/authorize.ts'
import type { RepositoryReference } from '../domain/domain.ts'
import { Refused } from '../domain/errors.ts'
import { parseRepositoryArn } from '../rules/registry.ts'
import type { OperationContext } from './operation.ts'

/**
 * The repository that a `resourceArn` names, which must be in the caller's region.
 *
 * @throws Refused ParameterInvalid, AccessDenied
 */
export async function repositoryOfArn(
  resourceArn: string,
  { domain, caller }: Pick<OperationContext, 'domain' | 'caller'>,
  action: string,
  facts?: Access['facts'],
): Promise<RepositoryReference> {
  const resource = parseRepositoryArn(resourceArn)
  // Text: observed by moto.
  if (!resource || resource.region !== caller.region)
    throw new Refused('ParameterInvalid', { member: 'resourceArn', constraint: 'Invalid ARN' })
  const { accountId, region, repositoryName } = resource
  const registry = { accountId, region }
  await authorize(domain, { caller, action, registry, repositoryName, facts })
  return { registry, repositoryName }
}
