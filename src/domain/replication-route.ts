import type { Digest } from '../rules/digest.ts'
import { partitionOf, type Registry } from '../rules/registry.ts'
import type { Image, Reads, Repository } from '../store/database.ts'
import { isAllowed } from './authorize.ts'
import type { Domain } from './domain.ts'

/** A repository here and a registry that gets what is in it. */
export interface Route {
  readonly source: Registry
  readonly repositoryName: string
  readonly destination: Registry
}

/** An image, and the tag under which it comes. */
export interface NamedCopy {
  readonly digest: Digest
  readonly tag?: string | undefined
}

/** What a route takes an image from; both may be gone. */
export async function findSource(
  tx: Reads,
  { source, repositoryName }: Route,
  digest: Digest,
): Promise<{ repository: Repository | undefined; image: Image | undefined }> {
  const repository = await tx.repositories.find(source, repositoryName)
  return { repository, image: repository && (await tx.images.findByDigest(repository.id, digest)) }
}

/**
 * Another account lets replication in by its registry policy (ECR user guide, "Private registry permissions"),
 * to which the role appears that ECR takes on for it in the source account.
 */
export async function mayReplicate(
  tx: Reads,
  { clock }: Domain,
  { source, destination, repositoryName }: Route,
  action: 'ecr:ReplicateImage' | 'ecr:CreateRepository',
): Promise<boolean> {
  const role = 'aws-service-role/replication.ecr.amazonaws.com/AWSServiceRoleForECRReplication'
  const principalArn = `arn:${partitionOf(source.region)}:iam::${source.accountId}:role/${role}`
  const caller = { accountId: source.accountId, principalArn }
  return isAllowed(tx, { caller, action, registry: destination, repositoryName, now: clock.now() })
}
