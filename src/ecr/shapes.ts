import type { ImageDetail, Repository as RepositoryShape, Tag } from '../generated/ecr/types.ts'
import { repositoryArn } from '../rules/registry.ts'
import type { Repository, ResourceTag, TaggedImage } from '../store/database.ts'

/**
 * A repository as the API shows it.
 *
 * @param host of the registry, with its port if any
 */
export function describeRepository(repository: Repository, host: string): RepositoryShape {
  const { registry, name, encryption, exclusionFilters } = repository
  return {
    repositoryArn: repositoryArn(registry, name),
    registryId: registry.accountId,
    repositoryName: name,
    repositoryUri: `${host}/${name}`,
    createdAt: new Date(repository.createdAt),
    imageTagMutability: repository.imageTagMutability,
    imageTagMutabilityExclusionFilters: exclusionFilters.length > 0 ? [...exclusionFilters] : undefined,
    imageScanningConfiguration: { scanOnPush: repository.scanOnPush },
    encryptionConfiguration: { ...encryption },
  }
}

/** An image as DescribeImages shows it. */
export function describeImage(repository: Repository, image: TaggedImage): ImageDetail {
  return {
    registryId: repository.registry.accountId,
    repositoryName: repository.name,
    imageDigest: image.digest,
    imageTags: image.tags.length > 0 ? [...image.tags] : undefined,
    imageSizeInBytes: image.sizeInBytes,
    imagePushedAt: new Date(image.pushedAt),
    imageManifestMediaType: image.mediaType,
    artifactMediaType: image.artifactType,
    subjectManifestDigest: image.subject,
    imageStatus: image.status,
    lastRecordedPullTime: dateOf(image.lastPulledAt),
    lastArchivedAt: dateOf(image.lastArchivedAt),
    lastActivatedAt: dateOf(image.lastActivatedAt),
  }
}

function dateOf(epochMilliseconds: number | undefined): Date | undefined {
  return epochMilliseconds === undefined ? undefined : new Date(epochMilliseconds)
}

/** Tags as the API has them (`Key`, `Value`) as the store has them. */
export function resourceTagsOf(tags: readonly Tag[] | undefined): ResourceTag[] {
  return (tags ?? []).map(({ Key, Value }) => ({ key: Key, value: Value }))
}
