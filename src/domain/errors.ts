import type { Digest, DigestAlgorithm } from '../rules/digest.ts'
import { isDiskFull } from '../rules/disk-full.ts'
import type { Registry } from '../rules/registry.ts'
import { StorageMissing } from '../rules/storage-missing.ts'

/** What names an image in a refusal; the half that the caller did not give is absent. */
export interface NamedImage {
  readonly imageDigest?: string | undefined
  readonly imageTag?: string | undefined
}

interface InRepository {
  readonly registryId: string
  readonly repositoryName: string
}

/**
 * Everything that ecr-local refuses by a rule of ECR or OCI, with what a message about it needs. Each door
 * has one table from these to its own wire; a new entry does not compile until both know it.
 */
export interface Refusals {
  /** Explicit when a statement denies it, and not only none allows it. */
  AccessDenied: { principalArn: string; action: string; resource: string; isExplicit?: boolean }
  RepositoryUnknown: InRepository
  RepositoryExists: InRepository
  RepositoryNotEmpty: InRepository
  RepositoryPolicyUnknown: InRepository
  RegistryPolicyUnknown: { registryId: string }
  RepositoryNameInvalid: { repositoryName: string }

  ImageUnknown: InRepository & NamedImage
  ImageExists: InRepository & { imageDigest: Digest; imageTag: string | undefined }
  /** An index of the repository names the image. */
  ImageReferenced: { parents: readonly Digest[] }
  /** The image is in the archive, or on its way back. */
  ImageInaccessible: InRepository & NamedImage
  StorageClassNotSupported: InRepository & { imageDigest: Digest; reason: string }
  TagImmutable: { repositoryName: string; imageTag: string }
  TagInvalid: { imageTag: string }

  ManifestInvalid: { reason: string }
  ManifestTooLarge: { limitInBytes: number }
  ManifestDigestMismatch: { given: string; computed: Digest }
  ManifestMediaTypeMissing: Record<never, never>
  ManifestMediaTypeMismatch: { given: string; declared: string }
  /** Config or layers of a manifest that are not in the repository. */
  LayersMissing: InRepository & { digests: readonly Digest[] }
  /** Manifests of an index that are not in the repository. */
  ReferencedImagesMissing: InRepository & { digests: readonly Digest[] }

  /** `member` is what the API calls such a digest; `digestAlgorithms` are those that would be taken. */
  DigestInvalid: {
    member: 'imageDigest' | 'layerDigest'
    digest: string
    digestAlgorithms: readonly DigestAlgorithm[]
  }
  LayerUnknown: InRepository & { layerDigest: string }
  /** The layer is here, but no image names it. */
  LayerInaccessible: InRepository & { layerDigest: string }
  LayerExists: InRepository & { layerDigest: Digest }
  /** The layer can't go while an image names it. */
  LayerReferenced: InRepository & { layerDigest: Digest }

  UploadUnknown: InRepository & { uploadId: string }
  UploadEmpty: InRepository & { uploadId: string }
  /** A part does not begin where the last one ended. */
  PartOutOfOrder: InRepository & { uploadId: string; receivedBytes: number }
  /** The bytes of a part are not as many as its range says. */
  PartLengthMismatch: InRepository & { uploadId: string; receivedBytes: number }
  PartTooSmall: Record<never, never>
  LayerDigestMismatch: Record<never, never>

  TemplateUnknown: { registryId: string; prefix: string }
  TemplateExists: { registryId: string; prefix: string }
  ExclusionUnknown: { registryId: string; principalArn: string }
  ExclusionExists: { registryId: string; principalArn: string }

  PullThroughRuleUnknown: { registryId: string; ecrRepositoryPrefix: string }
  PullThroughRuleExists: { registryId: string; ecrRepositoryPrefix: string }
  /** No rule can be made for the upstream; the reason is ECR's text. */
  UpstreamUnsupported: { reason: string }
  SecretUnknown: Record<never, never>
  SecretInaccessible: Record<never, never>
  SecretUndecryptable: Record<never, never>
  /** The secret of a rule holds no login any more. */
  UpstreamLoginMissing: { reason: string }
  UpstreamDenied: Record<never, never>
  UpstreamThrottled: Record<never, never>
  UpstreamUnavailable: Record<never, never>
  /** Any of the four above, of a layer. */
  UpstreamLayerFailed: InRepository & { layerDigest: string; reason: string }
  /** Any of the same four, of the referrers of an image. */
  UpstreamReferrersFailed: InRepository & { imageDigest: string; reason: string }

  LifecyclePolicyUnknown: InRepository
  LifecyclePreviewUnknown: InRepository
  LifecyclePreviewInProgress: InRepository

  /** No rule of the registry replicates to there. */
  ReplicationNotConfigured: { registryId: string; destination: Registry }
  BackfillUnknown: { registryId: string; replicationBackfillId: string }
  BackfillRunning: { registryId: string; region: string }
  BackfillEnded: { replicationBackfillId: string; status: string }

  QuotaExceeded: { quota: string; limit: number }
  /** A member breaks a rule that the model does not hold; the constraint is ECR's text. */
  ParameterInvalid: { member: string; constraint: string }
  SigningConfigurationUnknown: { registryId: string }
  /** The same, where ECR's text names no member. */
  InputInvalid: { reason: string }
  ResourceTagsInvalid: Record<never, never>
  TooManyResourceTags: { limit: number }
  KmsRefused: { kmsError: string; message: string }

  /** The image was not scanned. */
  ScanUnknown: InRepository & NamedImage
  /** The image was scanned already within a day. */
  ScanTooSoon: Record<never, never>
  /** An index, or what is no image of a container. */
  ImageTypeUnsupported: { mediaType: string }
  ImageArchived: InRepository & NamedImage
  /** The registry's configuration leaves no room for what was asked. */
  FeatureDisabled: Record<never, never>

  /** Comes of any work that stores something; see `refusalOf`. */
  StorageFull: Record<never, never>
  /** The same. */
  StorageMissing: Record<never, never>
}

export type RefusalCode = keyof Refusals

/** A request that a rule turns down. Nothing was changed. */
export class Refused<Code extends RefusalCode = RefusalCode> extends Error {
  override readonly name = 'Refused'
  readonly code: Code
  readonly detail: Refusals[Code]

  constructor(code: Code, detail: Refusals[Code], options?: ErrorOptions) {
    super(code, options)
    this.code = code
    this.detail = detail
  }
}

/** An error as the refusal that it is, undefined for a bug. That a disk is full, or gone, is nobody's bug. */
export function refusalOf(error: unknown): Refused | undefined {
  if (error instanceof Refused) return error
  if (error instanceof StorageMissing) return new Refused('StorageMissing', {}, { cause: error })
  return isDiskFull(error) ? new Refused('StorageFull', {}, { cause: error }) : undefined
}

/** Whether an error is the refusal `code`. */
export function isRefused<Code extends RefusalCode>(error: unknown, code: Code): error is Refused<Code> {
  return error instanceof Refused && error.code === code
}
