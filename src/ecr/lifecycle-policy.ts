import { findLifecyclePolicy } from '../domain/lifecycle-policy.ts'
import type { GetLifecyclePolicyResponse } from '../generated/ecr/types.ts'
import { minified } from '../lifecycle/policy.ts'
import type { Repository } from '../store/database.ts'

/**
 * A lifecycle policy as the API shows it: minified, and evaluated in 1970 before it was (LocalStack ECR tests).
 *
 * @throws Refused LifecyclePolicyUnknown
 */
export function describeLifecyclePolicy(repository: Repository): GetLifecyclePolicyResponse {
  const { registry, name, lifecycleEvaluatedAt = 0 } = repository
  return {
    registryId: registry.accountId,
    repositoryName: name,
    lifecyclePolicyText: minified(findLifecyclePolicy(repository)),
    lastEvaluatedAt: new Date(lifecycleEvaluatedAt),
  }
}
