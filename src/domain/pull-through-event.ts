import type { Digest } from '../rules/digest.ts'
import { repositoryArn } from '../rules/registry.ts'
import type { Writes } from '../store/database.ts'
import type { Domain } from './domain.ts'
import { emit } from './events.ts'
import type { ImageSource } from './image-source.ts'
import { isInForce } from './pull-through-rule.ts'

/** ECR user guide, "Event for a pull through cache action". */
export async function emitSync(
  tx: Writes,
  domain: Domain,
  { repository: { registry, repositoryName }, rule }: ImageSource,
  digest: Digest,
  tag: string | undefined,
  status: 'SUCCESS' | 'FAILED',
): Promise<void> {
  await emit(tx, domain, registry, {
    detailType: 'ECR Pull Through Cache Action',
    resources: [repositoryArn(registry, repositoryName)],
    detail: {
      'rule-version': '1',
      'sync-status': status,
      'ecr-repository-prefix': rule.ecrRepositoryPrefix,
      'repository-name': repositoryName,
      'upstream-registry-url': rule.upstreamRegistryUrl,
      'image-tag': tag,
      'image-digest': digest,
    },
  })
}

/** Tells that an image did not come; of a registry that was reset meanwhile there is nothing to tell. */
export async function tellFailure(
  tx: Writes,
  domain: Domain,
  source: ImageSource,
  digest: Digest,
  tag: string | undefined,
): Promise<void> {
  const { repository, rule } = source
  if (await isInForce(tx, repository.registry, rule))
    await emitSync(tx, domain, source, digest, tag, 'FAILED')
}
