import type { RefusalCode } from '../domain/errors.ts'

/** Codes of distribution-spec, "Error Codes", and of Docker's registry API where that has more. */
export type OciCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DENIED'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'RANGE_INVALID'
  | 'SIZE_INVALID'
  | 'TAG_INVALID'
  | 'TOOMANYREQUESTS'
  | 'UNAUTHORIZED'
  | 'UNKNOWN'
  | 'UNSUPPORTED'

type Wire = readonly [code: OciCode, status: number]

/** As ECR answers what its API calls an invalid parameter (seen in buildkit#5747 and others). */
const UNSUPPORTED: Wire = ['UNSUPPORTED', 405]

interface Translation {
  /** As distribution-spec has it. */
  readonly spec: Wire
  /** As ECR has it, where that differs. */
  readonly ecr?: Wire
}

/** What a refusal is called at this door. Its text is the core's (domain/messages.ts). */
export const translations: { readonly [Code in RefusalCode]: Translation } = {
  AccessDenied: { spec: ['DENIED', 403] },
  RepositoryUnknown: { spec: ['NAME_UNKNOWN', 404] },
  RepositoryExists: { spec: ['NAME_INVALID', 400] },
  RepositoryNotEmpty: { spec: ['UNSUPPORTED', 405] },
  RepositoryPolicyUnknown: { spec: UNSUPPORTED },
  RegistryPolicyUnknown: { spec: UNSUPPORTED },
  RepositoryNameInvalid: { spec: ['NAME_INVALID', 400], ecr: UNSUPPORTED },
  ImageUnknown: { spec: ['MANIFEST_UNKNOWN', 404] },
  ImageExists: { spec: ['MANIFEST_INVALID', 400] },
  ImageReferenced: { spec: UNSUPPORTED },
  ImageInaccessible: { spec: ['MANIFEST_UNKNOWN', 404] },
  StorageClassNotSupported: { spec: UNSUPPORTED },
  TagImmutable: { spec: ['TAG_INVALID', 400] },
  TagInvalid: { spec: ['TAG_INVALID', 400], ecr: UNSUPPORTED },
  ManifestInvalid: { spec: ['MANIFEST_INVALID', 400], ecr: UNSUPPORTED },
  // distribution-spec, "Pushing Manifests": 413 for a manifest over the limit.
  ManifestTooLarge: { spec: ['SIZE_INVALID', 413], ecr: UNSUPPORTED },
  ManifestDigestMismatch: { spec: ['DIGEST_INVALID', 400] },
  ManifestMediaTypeMissing: { spec: ['MANIFEST_INVALID', 400], ecr: UNSUPPORTED },
  ManifestMediaTypeMismatch: { spec: ['MANIFEST_INVALID', 400], ecr: UNSUPPORTED },
  // distribution-spec, "Pushing Manifests": 404 when a blob is missing.
  LayersMissing: { spec: ['MANIFEST_BLOB_UNKNOWN', 404] },
  ReferencedImagesMissing: { spec: ['MANIFEST_BLOB_UNKNOWN', 404] },
  DigestInvalid: { spec: ['DIGEST_INVALID', 400] },
  LayerUnknown: { spec: ['BLOB_UNKNOWN', 404] },
  LayerInaccessible: { spec: ['BLOB_UNKNOWN', 404] },
  LayerReferenced: { spec: UNSUPPORTED },
  LayerExists: { spec: ['BLOB_UPLOAD_INVALID', 400] },
  UploadUnknown: { spec: ['BLOB_UPLOAD_UNKNOWN', 404] },
  UploadEmpty: { spec: ['BLOB_UPLOAD_INVALID', 400] },
  PartOutOfOrder: { spec: ['RANGE_INVALID', 416] },
  PartLengthMismatch: { spec: ['SIZE_INVALID', 400] },
  PartTooSmall: { spec: ['BLOB_UPLOAD_INVALID', 400] },
  LayerDigestMismatch: { spec: ['DIGEST_INVALID', 400], ecr: ['BLOB_UPLOAD_INVALID', 400] },
  TemplateUnknown: { spec: UNSUPPORTED },
  TemplateExists: { spec: UNSUPPORTED },
  ExclusionUnknown: { spec: UNSUPPORTED },
  ExclusionExists: { spec: UNSUPPORTED },
  PullThroughRuleUnknown: { spec: UNSUPPORTED },
  PullThroughRuleExists: { spec: UNSUPPORTED },
  UpstreamUnsupported: { spec: UNSUPPORTED },
  SecretUnknown: { spec: ['DENIED', 403] },
  SecretInaccessible: { spec: ['DENIED', 403] },
  SecretUndecryptable: { spec: ['DENIED', 403] },
  // ECR user guide, "Troubleshooting pull through cache": 403 when the login at the upstream fails.
  UpstreamLoginMissing: { spec: ['DENIED', 403] },
  UpstreamDenied: { spec: ['DENIED', 403] },
  UpstreamThrottled: { spec: ['TOOMANYREQUESTS', 429] },
  // Guess: clients try a bad gateway again.
  UpstreamUnavailable: { spec: ['UNKNOWN', 502] },
  UpstreamLayerFailed: { spec: ['UNKNOWN', 502] },
  UpstreamReferrersFailed: { spec: ['UNKNOWN', 502] },
  LifecyclePolicyUnknown: { spec: UNSUPPORTED },
  LifecyclePreviewUnknown: { spec: UNSUPPORTED },
  LifecyclePreviewInProgress: { spec: UNSUPPORTED },
  ReplicationNotConfigured: { spec: UNSUPPORTED },
  BackfillUnknown: { spec: UNSUPPORTED },
  BackfillRunning: { spec: UNSUPPORTED },
  BackfillEnded: { spec: UNSUPPORTED },
  QuotaExceeded: { spec: ['DENIED', 403] },
  ParameterInvalid: { spec: ['UNSUPPORTED', 400], ecr: UNSUPPORTED },
  SigningConfigurationUnknown: { spec: UNSUPPORTED },
  InputInvalid: { spec: ['UNSUPPORTED', 400], ecr: UNSUPPORTED },
  ResourceTagsInvalid: { spec: UNSUPPORTED },
  TooManyResourceTags: { spec: UNSUPPORTED },
  KmsRefused: { spec: ['DENIED', 403] },
  ScanUnknown: { spec: UNSUPPORTED },
  ScanTooSoon: { spec: UNSUPPORTED },
  ImageTypeUnsupported: { spec: UNSUPPORTED },
  ImageArchived: { spec: UNSUPPORTED },
  FeatureDisabled: { spec: UNSUPPORTED },
  StorageFull: { spec: ['UNKNOWN', 507] },
  StorageMissing: { spec: ['UNKNOWN', 500] },
}

/** A refusal that only this door knows: of the request's form, not of what it asks for. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError'
  readonly code: OciCode
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(code: OciCode, status: number, message: string, headers: Record<string, string> = {}) {
    super(message)
    this.code = code
    this.status = status
    this.headers = headers
  }
}
