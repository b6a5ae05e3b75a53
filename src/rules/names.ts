/** The model's pattern of `repositoryName`, whole-string; 2 to 256 characters. */
const REPOSITORY_NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/

/** Whether a repository may bear this name (pattern and length of the model). */
export function isRepositoryName(name: string): boolean {
  return name.length >= 2 && name.length <= 256 && REPOSITORY_NAME.test(name)
}

/** The service's own check of `imageTag`, over the model's 1 to 300 characters (seen in kbld's docs). */
export const IMAGE_TAG_PATTERN = '[a-zA-Z0-9-_.]+'
const IMAGE_TAG = /^[a-zA-Z0-9\-_.]{1,300}$/

/** Whether ECR's API takes this tag. */
export function isImageTag(tag: string): boolean {
  return IMAGE_TAG.test(tag)
}

const OCI_TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/

/** Whether distribution-spec ("Pulling manifests") takes this tag: the registry door's stricter form. */
export function isOciTag(tag: string): boolean {
  return OCI_TAG.test(tag)
}
