import type { RefusalCode, Refusals, Refused } from '../domain/errors.ts'
import { messages } from '../domain/messages.ts'
import type { ErrorMembers, ErrorName } from '../generated/ecr/types.ts'

/** What a refusal is called at this door. AccessDenied comes from AWS's front end, in no operation's model. */
type Exception = ErrorName | 'AccessDeniedException'

const exceptions: { readonly [Code in RefusalCode]: Exception } = {
  AccessDenied: 'AccessDeniedException',
  RepositoryUnknown: 'RepositoryNotFoundException',
  RepositoryExists: 'RepositoryAlreadyExistsException',
  RepositoryNotEmpty: 'RepositoryNotEmptyException',
  RepositoryPolicyUnknown: 'RepositoryPolicyNotFoundException',
  RegistryPolicyUnknown: 'RegistryPolicyNotFoundException',
  RepositoryNameInvalid: 'InvalidParameterException',
  ImageUnknown: 'ImageNotFoundException',
  ImageExists: 'ImageAlreadyExistsException',
  ImageReferenced: 'InvalidParameterException',
  // Batches make a failure of it.
  ImageInaccessible: 'ImageNotFoundException',
  StorageClassNotSupported: 'ImageStorageClassUpdateNotSupportedException',
  TagImmutable: 'ImageTagAlreadyExistsException',
  TagInvalid: 'InvalidParameterException',
  ManifestInvalid: 'InvalidParameterException',
  ManifestTooLarge: 'InvalidParameterException',
  ManifestDigestMismatch: 'ImageDigestDoesNotMatchException',
  ManifestMediaTypeMissing: 'InvalidParameterException',
  ManifestMediaTypeMismatch: 'InvalidParameterException',
  LayersMissing: 'LayersNotFoundException',
  ReferencedImagesMissing: 'ReferencedImagesNotFoundException',
  DigestInvalid: 'InvalidParameterException',
  LayerUnknown: 'LayersNotFoundException',
  LayerInaccessible: 'LayerInaccessibleException',
  LayerExists: 'LayerAlreadyExistsException',
  LayerReferenced: 'InvalidParameterException',
  UploadUnknown: 'UploadNotFoundException',
  UploadEmpty: 'EmptyUploadException',
  PartOutOfOrder: 'InvalidLayerPartException',
  PartLengthMismatch: 'InvalidLayerPartException',
  PartTooSmall: 'LayerPartTooSmallException',
  LayerDigestMismatch: 'InvalidLayerException',
  TemplateUnknown: 'TemplateNotFoundException',
  TemplateExists: 'TemplateAlreadyExistsException',
  ExclusionUnknown: 'ExclusionNotFoundException',
  ExclusionExists: 'ExclusionAlreadyExistsException',
  PullThroughRuleUnknown: 'PullThroughCacheRuleNotFoundException',
  PullThroughRuleExists: 'PullThroughCacheRuleAlreadyExistsException',
  UpstreamUnsupported: 'UnsupportedUpstreamRegistryException',
  SecretUnknown: 'SecretNotFoundException',
  SecretInaccessible: 'UnableToAccessSecretException',
  SecretUndecryptable: 'UnableToDecryptSecretValueException',
  UpstreamLoginMissing: 'UnableToGetUpstreamImageException',
  // Batches make failures of these three.
  UpstreamDenied: 'UnableToGetUpstreamImageException',
  UpstreamThrottled: 'UnableToGetUpstreamImageException',
  UpstreamUnavailable: 'UnableToGetUpstreamImageException',
  UpstreamLayerFailed: 'UnableToGetUpstreamLayerException',
  UpstreamReferrersFailed: 'UnableToListUpstreamImageReferrersException',
  LifecyclePolicyUnknown: 'LifecyclePolicyNotFoundException',
  LifecyclePreviewUnknown: 'LifecyclePolicyPreviewNotFoundException',
  LifecyclePreviewInProgress: 'LifecyclePolicyPreviewInProgressException',
  ReplicationNotConfigured: 'ValidationException',
  BackfillUnknown: 'ReplicationBackfillNotFoundException',
  BackfillRunning: 'ReplicationBackfillInProgressException',
  BackfillEnded: 'ReplicationBackfillInvalidStatusException',
  QuotaExceeded: 'LimitExceededException',
  ParameterInvalid: 'InvalidParameterException',
  SigningConfigurationUnknown: 'SigningConfigurationNotFoundException',
  InputInvalid: 'InvalidParameterException',
  ResourceTagsInvalid: 'InvalidTagParameterException',
  TooManyResourceTags: 'TooManyTagsException',
  KmsRefused: 'KmsException',
  ScanUnknown: 'ScanNotFoundException',
  ScanTooSoon: 'LimitExceededException',
  ImageTypeUnsupported: 'UnsupportedImageTypeException',
  ImageArchived: 'ImageArchivedException',
  FeatureDisabled: 'ValidationException',
  StorageFull: 'ServerException',
  StorageMissing: 'ServerException',
}

/** Members that an exception has beside its message. */
const extraMembers: {
  readonly [Code in RefusalCode]?: (detail: Refusals[Code]) => ErrorMembers[ErrorName]
} = {
  PartOutOfOrder: layerPartMembers,
  PartLengthMismatch: layerPartMembers,
  KmsRefused: ({ kmsError }) => ({ kmsError }),
}

function layerPartMembers({
  receivedBytes,
  ...upload
}: Refusals['PartOutOfOrder']): ErrorMembers['InvalidLayerPartException'] {
  // The model has no value below 0 for "nothing yet".
  return { ...upload, lastValidByteReceived: Math.max(0, receivedBytes - 1) }
}

/** The code of a refusal that was kept, as answers tell it: its exception's name without the end (a guess). */
export function failureCodeOf(code: string): string {
  return exceptions[code as RefusalCode].replace(/Exception$/, '')
}

/** A refusal as an exception of the API. */
export function exceptionOf<Code extends RefusalCode>({
  code,
  detail,
}: Refused<Code>): { name: Exception; message: string; members: object } {
  const members = extraMembers[code]?.(detail) ?? {}
  return { name: exceptions[code], message: messages[code](detail), members }
}
