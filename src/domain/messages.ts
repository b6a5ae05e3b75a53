import { formOf } from '../rules/digest.ts'
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
  AccessDenied: ({ principalArn, action, resource, isExplicit }) =>
    `User: ${principalArn} is not authorized to perform: ${action} on resource: ${resource} ${
      isExplicit
        ? 'with an explicit deny in a resource-based policy'
        : `because no resource-based policy allows the ${action} action`
    }`,
  // Observed: many.
  RepositoryUnknown: ({ repositoryName, registryId }) =>
    `The repository with name '${repositoryName}' does not exist in the registry with id '${registryId}'`,
  // Observed: moto, Terraform logs.
  RepositoryExists: ({ repositoryName, registryId }) =>
    `The repository with name '${repositoryName}' already exists in the registry with id '${registryId}'`,
  // Observed: moto.
  RepositoryNotEmpty: (detail) =>
    `The ${inRegistry(detail)} cannot be deleted because it still contains images`,
  // Observed: moto.
  RepositoryPolicyUnknown: (detail) => `Repository policy does not exist for the ${inTheRegistry(detail)}`,
  // Observed: moto.
  RegistryPolicyUnknown: ({ registryId }) =>
    `Registry policy does not exist in the registry with id '${registryId}'`,
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
  // Guess.
  ImageInaccessible: () => 'Requested image is archived',
  // Guess.
  StorageClassNotSupported: ({ imageDigest, reason, ...repository }) =>
    `The storage class of the image with digest '${imageDigest}' within the ${inTheRegistry(repository)} cannot be updated because ${reason}`,
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
  DigestInvalid: ({ member, digest, digestAlgorithms }) =>
    invalidParameter(
      member,
      `'${digest}' is not a digest of the form ${digestAlgorithms.map(formOf).join(' or ')}`,
    ),
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
  TemplateUnknown: ({ prefix, registryId }) =>
    `The repository creation template with prefix '${prefix}' does not exist in the registry with id '${registryId}'`,
  // Guess.
  TemplateExists: ({ prefix, registryId }) =>
    `The repository creation template with prefix '${prefix}' already exists in the registry with id '${registryId}'`,
  // Guess.
  ExclusionUnknown: ({ principalArn, registryId }) =>
    `The pull time update exclusion for the principal '${principalArn}' does not exist in the registry with id '${registryId}'`,
  // Guess.
  ExclusionExists: ({ principalArn, registryId }) =>
    `The pull time update exclusion for the principal '${principalArn}' already exists in the registry with id '${registryId}'`,

  // Guesses: the API reference's own sentences, as ECR says the one about secrets that are not found.
  PullThroughRuleUnknown: () =>
    'The pull through cache rule was not found. Specify a valid pull through cache rule and try again.',
  PullThroughRuleExists: () =>
    'A pull through cache rule with these settings already exists for the private registry.',
  // Observed where it is made.
  UpstreamUnsupported: ({ reason }) => reason,
  // Observed: entigo-infralib#1645.
  SecretUnknown: () => 'The ARN of the secret specified in the pull through cache rule was not found',
  // Guesses: the API reference's own sentences.
  SecretInaccessible: () =>
    'The secret is unable to be accessed. Verify the resource permissions for the secret and try again.',
  SecretUndecryptable: () =>
    'The secret is accessible but is unable to be decrypted. Verify the resource permissions and try again.',
  // Guess.
  UpstreamLoginMissing: ({ reason }) =>
    `The image could not be pulled using the pull through cache rule. ${reason}`,
  // Observed up to "credenti": containers-roadmap#2354.
  UpstreamDenied: () =>
    'The authentication to the upstream registry failed. Verify that the credentials are valid and try again.',
  // Guess.
  UpstreamThrottled: () => 'The upstream registry has received too many requests. Wait and try again.',
  // Guess.
  UpstreamUnavailable: () => 'The upstream registry is unavailable. Wait and try again.',
  // Guess.
  UpstreamLayerFailed: ({ layerDigest, reason }) =>
    `The layer with digest '${layerDigest}' could not be pulled from the upstream registry. ${reason}`,
  // Guess.
  UpstreamReferrersFailed: ({ imageDigest, reason }) =>
    `The referrers of the image with digest '${imageDigest}' could not be listed at the upstream registry. ${reason}`,

  // Observed: moto.
  LifecyclePolicyUnknown: (detail) => `Lifecycle policy does not exist for the ${inTheRegistry(detail)}`,
  // Guess, by the one before, and so is the next.
  LifecyclePreviewUnknown: (detail) =>
    `Lifecycle policy preview does not exist for the ${inTheRegistry(detail)}`,
  LifecyclePreviewInProgress: (detail) =>
    `Lifecycle policy preview is already in progress for the ${inTheRegistry(detail)}`,

  // Guess.
  ReplicationNotConfigured: ({ destination, registryId }) =>
    `The destination with registry id '${destination.accountId}' and region '${destination.region}' is not in the replication configuration of the registry with id '${registryId}'`,
  // Guess, as the next two.
  BackfillUnknown: ({ replicationBackfillId, registryId }) =>
    `The replication backfill with id '${replicationBackfillId}' does not exist in the registry with id '${registryId}'`,
  BackfillRunning: ({ region, registryId }) =>
    `A replication backfill to the region '${region}' is already in progress in the registry with id '${registryId}'`,
  BackfillEnded: ({ replicationBackfillId, status }) =>
    `The replication backfill with id '${replicationBackfillId}' cannot be stopped because its status is ${status}`,

  // Guess.
  QuotaExceeded: ({ quota, limit }) =>
    `The operation did not succeed because it would have exceeded the service quota of ${limit} for ${quota}.`,
  // The shape was observed often; the constraint says where it comes from where it is made.
  ParameterInvalid: ({ member, constraint }) => invalidParameter(member, constraint),
  // Guess, by the texts of policies.
  SigningConfigurationUnknown: ({ registryId }) =>
    `Signing configuration does not exist in the registry with id '${registryId}'`,
  // Observed: pulumi-aws#5714.
  InputInvalid: ({ reason }) => `Invalid input: ${reason}`,
  // Observed: spinifex tests.
  ResourceTagsInvalid: () => 'Tag parameters are invalid',
  // Guess.
  TooManyResourceTags: ({ limit }) => `The maximum number of ${limit} tags per repository has been exceeded`,
  // Observed where it is made.
  KmsRefused: ({ message }) => message,

  // Observed: moto.
  ScanUnknown: (detail) =>
    `Image scan does not exist for the image with '${imageId(detail)}' in the ${inTheRegistry(detail)}`,
  // Observed: moto; containers-roadmap#1226.
  ScanTooSoon: () => 'The scan quota per image has been exceeded. Wait and try again.',
  // Observed: notes on a project of 2026, of an index.
  ImageTypeUnsupported: ({ mediaType }) => `An artifact with media type '${mediaType}' cannot be scanned.`,
  // Guess.
  ImageArchived: (detail) =>
    `The image with imageId ${imageId(detail)} in the ${inTheRegistry(detail)} is archived and cannot be scanned`,
  // Observed: ecr-scan-image#44.
  FeatureDisabled: () => 'This feature is disabled',

  // No ECR runs out of disk.
  StorageFull: () => 'No space is left on the disk that holds the data directory',
  StorageMissing: () =>
    'The data directory was moved or deleted; put it back, or start the server again to begin a new one',
}

/** What is said of a refusal. */
export function messageOf<Code extends RefusalCode>({ code, detail }: Refused<Code>): string {
  return messages[code](detail)
}
