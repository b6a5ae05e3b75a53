import { repositoryArn } from '../rules/registry.ts'
import type { Writes } from '../store/database.ts'
import type { Domain } from './domain.ts'
import { emit } from './events.ts'
import type { NamedCopy, Route } from './replication-route.ts'

/** ECR tells the destination's registry (user guide, "Sample events"). */
export function emitReplication(
  tx: Writes,
  domain: Domain,
  { source, destination, repositoryName }: Route,
  { digest, tag }: NamedCopy,
  result: 'SUCCESS' | 'FAILED',
): Promise<void> {
  return emit(tx, domain, destination, {
    detailType: 'ECR Replication Action',
    resources: [repositoryArn(destination, repositoryName)],
    detail: {
      result,
      'repository-name': repositoryName,
      'image-digest': digest,
      'source-account': source.accountId,
      'action-type': 'REPLICATE',
      'source-region': source.region,
      'image-tag': tag,
    },
  })
}
