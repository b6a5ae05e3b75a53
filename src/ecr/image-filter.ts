import type { DescribeImagesFilter } from '../generated/ecr/types.ts'
import { matchesArtifactType } from '../rules/artifact-type.ts'
import type { Image, ImageFilter } from '../store/database.ts'

/**
 * What the members of DescribeImages and ListImages choose. ACTIVE images when nothing is said of the
 * status, as the model has it.
 */
export function imageFilter(
  filter: DescribeImagesFilter | undefined,
  manifestConfig: readonly string[] | undefined,
): ImageFilter {
  const { tagStatus, imageStatus = 'ACTIVE' } = filter ?? {}
  return {
    tagStatus: tagStatus === 'ANY' ? undefined : tagStatus,
    status: imageStatus === 'ANY' ? undefined : imageStatus,
    artifactTypes: manifestConfig,
  }
}

/** Whether an image that was named is also chosen; its status counts only when the caller speaks of it. */
export function isChosen(
  image: Image,
  filter: DescribeImagesFilter | undefined,
  manifestConfig: readonly string[] | undefined,
): boolean {
  const { tagStatus, status } = imageFilter(filter, manifestConfig)
  if (tagStatus && (tagStatus === 'TAGGED') !== image.tagCount > 0) return false
  if (filter?.imageStatus && status && image.status !== status) return false
  return !manifestConfig || matchesArtifactType(image.artifactType, manifestConfig)
}
