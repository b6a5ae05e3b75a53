import type { NamedImage, RefusalCode, Refusals, Refused } from './errors.ts'

/*
 * What ECR says when it refuses: one text for each refusal, told by both doors. Behind each stands where the
 * text was seen, or that it is a guess, so that a recorded answer can replace it.
 */

type In = { registryId: string; repositoryName: string }

/** "repository with name … in the registry with id …", as most texts have it. */
const inTheRegistry = ({ repositoryName, registryId }: In): string =>
  `repository with name '${repositoryName}' in the registry with id '${registryId}'`

/** The same without "the", as some texts have it. */
const inRegistry = ({ repositoryName, registryId }: In): string =>
  `repository with name '${repositoryName}' in registry with id '${registryId}'`

const imageId = ({ imageDigest, imageTag }: NamedImage): string =>
  `{imageDigest:'${imageDigest ?? 'null'}', imageTag:'${imageTag ?? 'null'}'}`

const invalidParameter = (member: string, constraint: string): string =>
  `Invalid parameter at '${member}' failed to satisfy constraint: '${constraint}'`

const list = (digests: readonly string[]): string => `[${digests.join(', ')}]`

/** The model's pattern of repositoryName as the service prints it. */
const REPOSITORY_NAME = '[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*'

export const messages: { readonly [Code in RefusalCode]: (detail: Refusals[Code]) => string } = {
  // Observed: many CI logs.
  AccessDenied: ({ principalArn, action, resource }) =>
    `User: ${principalArn} is not authorized to perform: ${action} on resource: ${resource} because no resource-based policy allows the ${action} action`,
  // Observed: many.
  RepositoryUnknown: ({ repositoryName, registryId }) =>
    `The repository with name '${repositoryName}' does not exist in the registry with id '${registryId}'`,
  // Observed: moto, Terraform logs.
  RepositoryExists: ({ repositoryName, registryId }) =>
    `The repository with name '${repositoryName}' already exists in the registry with id '${registryId}'`,
  // Observed: moto.
  RepositoryNotEmpty: (detail) =>
    `The ${inRegistry(detail)} cannot be deleted because it still contains images`,
  // Observed: spinifex tests.
  RepositoryNameInvalid: () =>
    invalidParameter('repositoryName', `must satisfy regular expression '${REPOSITORY_NAME}'`),

  // Observed: moto, CI logs.
  ImageUnknown: (detail) =>
    `The image with imageId ${imageId(detail)} does not exist within the ${inTheRegistry(detail)}`,
  // Observed: aws-ecr-orb#261; 'null' for no tag is a guess.
  ImageExists: (detail) =>
    `Image with digest '${detail.imageDigest}' and tag '${detail.imageTag ?? 'null'}' already exists in the ${inRegistry(detail)}`,
  // Observed: several issues.
  ImageReferenced: ({ parents }) => `Requested image referenced by manifest list: ${list(parents)}`,
  // Observed: CI logs since exclusion filters exist.
  TagImmutable: ({ imageTag, repositoryName }) =>
    `The image tag '${imageTag}' already exists in the '${repositoryName}' repository and cannot be overwritten because the tag is immutable.`,
  // Observed: kbld's documentation.
  TagInvalid: () => invalidParameter('imageTag', "must satisfy regular expression '[a-zA-Z0-9-_.]+'"),

  // Observed for 'Invalid JSON syntax'; the other reasons are guesses.
  ManifestInvalid: ({ reason }) => invalidParameter('ImageManifest', reason),
  // Text: the model's bound in ECR's words.
  ManifestTooLarge: ({ limitInBytes }) =>
    invalidParameter('imageManifest', `Member must have length less than or equal to ${limitInBytes}`),
  // Guess.
  ManifestDigestMismatch: ({ given, computed }) =>
    `The provided image digest '${given}' does not match the calculated image digest '${computed}'`,
  // Guess.
  ManifestMediaTypeMissing: () =>
    invalidParameter(
      'imageManifestMediaType',
      'Must be provided when the image manifest does not contain the mediaType field',
    ),
  // Guess.
  ManifestMediaTypeMismatch: ({ given, declared }) =>
    invalidParameter(
      'imageManifestMediaType',
      `'${given}' does not match the mediaType '${declared}' of the image manifest`,
    ),
  // Guess, by the next one.
  LayersMissing: (detail) =>
    `Layers with digests '${list(detail.digests)}' required for pushing image into ${inTheRegistry(detail)} do not exist`,
  // Observed: docker-manifest-create-action#63.
  ReferencedImagesMissing: (detail) =>
    `Images with digests '${list(detail.digests)}' required for pushing image into ${inTheRegistry(detail)} do not exist`,

  // Guess, in the words of the API's own check of digests.
  DigestInvalid: ({ digest }) =>
    invalidParameter('layerDigest', `'${digest}' is not a digest of the form sha256:<64 hexadecimal digits>`),
  // Observed: aws-ecr-public#11.
  LayerUnknown: (detail) =>
    `The layer with digest '${detail.layerDigest}' does not exist within the ${inTheRegistry(detail)}`,
  // Guess.
  LayerInaccessible: (detail) =>
    `The layer with digest '${detail.layerDigest}' is not accessible within the ${inTheRegistry(detail)} because it is not associated with an image`,
  // Guess.
  LayerExists: (detail) =>
    `The layer with digest '${detail.layerDigest}' already exists in the ${inRegistry(detail)}`,

  // Guess; ECR has no such call.
  LayerReferenced: (detail) =>
    `The layer with digest '${detail.layerDigest}' cannot be deleted from the ${inTheRegistry(detail)} because an image refers to it`,

  // Observed: a deploy log of 2026; its middle is a guess.
  UploadUnknown: (detail) =>
    `The upload with id '${detail.uploadId}' in the ${inTheRegistry(detail)} does not exist`,
  // Observed: devcontainers/cli#814.
  UploadEmpty: (detail) =>
    `The upload with id '${detail.uploadId}' in the ${inRegistry(detail)} cannot be completed because it does not have any parts`,
  // Guess.
  PartOutOfOrder: (detail) =>
    `The layer part does not begin at the expected byte ${detail.receivedBytes} of the upload with id '${detail.uploadId}' in the ${inRegistry(detail)}`,
  // Guess.
  PartLengthMismatch: (detail) =>
    `The size of the layer part does not match its first and last byte in the upload with id '${detail.uploadId}' in the ${inRegistry(detail)}`,
  // Observed: dotnet/sdk-container-builds#424.
  PartTooSmall: () => 'All layer parts except the last part should be at least 5MB',
  // Observed: the same thread.
  LayerDigestMismatch: () => 'None of the provided layer digests match the calculated layer digest',

  // Guess.
  QuotaExceeded: ({ quota, limit }) =>
    `The operation did not succeed because it would have exceeded the service quota of ${limit} for ${quota}.`,
  // The shape was observed often; the constraint says where it comes from where it is made.
  ParameterInvalid: ({ member, constraint }) => invalidParameter(member, constraint),
  // Guess, by the texts of policies.
  SigningConfigurationUnknown: ({ registryId }) =>
    `Signing configuration does not exist in the registry with id '${registryId}'`,
  // Observed: spinifex tests.
  ResourceTagsInvalid: () => 'Tag parameters are invalid',
  // Guess.
  TooManyResourceTags: ({ limit }) => `The maximum number of ${limit} tags per repository has been exceeded`,
  // Observed where it is made.
  KmsRefused: ({ message }) => message,

  // No ECR runs out of disk.
  StorageFull: () => 'No space is left on the disk that holds the data directory',
}

/** What is said of a refusal. */
export function messageOf<Code extends RefusalCode>({ code, detail }: Refused<Code>): string {
  return messages[code](detail)
}
