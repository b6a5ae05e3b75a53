import type { OperationName } from '../../generated/ecr/types.ts'
import type { Operation } from '../operation.ts'

/**
 * Every operation of the API, loaded when it is first called: a server starts without the code of those that
 * nobody asks for. A missing, extra or misfiled one does not compile.
 */
export const handlers = {
  BatchCheckLayerAvailability: async () =>
    (await import('./BatchCheckLayerAvailability.ts')).BatchCheckLayerAvailability,
  BatchDeleteImage: async () => (await import('./BatchDeleteImage.ts')).BatchDeleteImage,
  BatchGetImage: async () => (await import('./BatchGetImage.ts')).BatchGetImage,
  BatchGetRepositoryScanningConfiguration: async () =>
    (await import('./BatchGetRepositoryScanningConfiguration.ts')).BatchGetRepositoryScanningConfiguration,
  CompleteLayerUpload: async () => (await import('./CompleteLayerUpload.ts')).CompleteLayerUpload,
  CreatePullThroughCacheRule: async () =>
    (await import('./CreatePullThroughCacheRule.ts')).CreatePullThroughCacheRule,
  CreateRepository: async () => (await import('./CreateRepository.ts')).CreateRepository,
  CreateRepositoryCreationTemplate: async () =>
    (await import('./CreateRepositoryCreationTemplate.ts')).CreateRepositoryCreationTemplate,
  DeleteLifecyclePolicy: async () => (await import('./DeleteLifecyclePolicy.ts')).DeleteLifecyclePolicy,
  DeletePullThroughCacheRule: async () =>
    (await import('./DeletePullThroughCacheRule.ts')).DeletePullThroughCacheRule,
  DeleteRegistryPolicy: async () => (await import('./DeleteRegistryPolicy.ts')).DeleteRegistryPolicy,
  DeleteRepository: async () => (await import('./DeleteRepository.ts')).DeleteRepository,
  DeleteRepositoryCreationTemplate: async () =>
    (await import('./DeleteRepositoryCreationTemplate.ts')).DeleteRepositoryCreationTemplate,
  DeleteRepositoryPolicy: async () => (await import('./DeleteRepositoryPolicy.ts')).DeleteRepositoryPolicy,
  DeleteSigningConfiguration: async () =>
    (await import('./DeleteSigningConfiguration.ts')).DeleteSigningConfiguration,
  DeregisterPullTimeUpdateExclusion: async () =>
    (await import('./DeregisterPullTimeUpdateExclusion.ts')).DeregisterPullTimeUpdateExclusion,
  DescribeImageReplicationStatus: async () =>
    (await import('./DescribeImageReplicationStatus.ts')).DescribeImageReplicationStatus,
  DescribeImageScanFindings: async () =>
    (await import('./DescribeImageScanFindings.ts')).DescribeImageScanFindings,
  DescribeImageSigningStatus: async () =>
    (await import('./DescribeImageSigningStatus.ts')).DescribeImageSigningStatus,
  DescribeImages: async () => (await import('./DescribeImages.ts')).DescribeImages,
  DescribePullThroughCacheRules: async () =>
    (await import('./DescribePullThroughCacheRules.ts')).DescribePullThroughCacheRules,
  DescribeRegistry: async () => (await import('./DescribeRegistry.ts')).DescribeRegistry,
  DescribeReplicationBackfillResults: async () =>
    (await import('./DescribeReplicationBackfillResults.ts')).DescribeReplicationBackfillResults,
  DescribeRepositories: async () => (await import('./DescribeRepositories.ts')).DescribeRepositories,
  DescribeRepositoryCreationTemplates: async () =>
    (await import('./DescribeRepositoryCreationTemplates.ts')).DescribeRepositoryCreationTemplates,
  GetAccountSetting: async () => (await import('./GetAccountSetting.ts')).GetAccountSetting,
  GetAuthorizationToken: async () => (await import('./GetAuthorizationToken.ts')).GetAuthorizationToken,
  GetDownloadUrlForLayer: async () => (await import('./GetDownloadUrlForLayer.ts')).GetDownloadUrlForLayer,
  GetLifecyclePolicy: async () => (await import('./GetLifecyclePolicy.ts')).GetLifecyclePolicy,
  GetLifecyclePolicyPreview: async () =>
    (await import('./GetLifecyclePolicyPreview.ts')).GetLifecyclePolicyPreview,
  GetRegistryPolicy: async () => (await import('./GetRegistryPolicy.ts')).GetRegistryPolicy,
  GetRegistryScanningConfiguration: async () =>
    (await import('./GetRegistryScanningConfiguration.ts')).GetRegistryScanningConfiguration,
  GetRepositoryPolicy: async () => (await import('./GetRepositoryPolicy.ts')).GetRepositoryPolicy,
  GetSigningConfiguration: async () => (await import('./GetSigningConfiguration.ts')).GetSigningConfiguration,
  InitiateLayerUpload: async () => (await import('./InitiateLayerUpload.ts')).InitiateLayerUpload,
  ListImageReferrers: async () => (await import('./ListImageReferrers.ts')).ListImageReferrers,
  ListImages: async () => (await import('./ListImages.ts')).ListImages,
  ListPullTimeUpdateExclusions: async () =>
    (await import('./ListPullTimeUpdateExclusions.ts')).ListPullTimeUpdateExclusions,
  ListReplicationBackfills: async () =>
    (await import('./ListReplicationBackfills.ts')).ListReplicationBackfills,
  ListTagsForResource: async () => (await import('./ListTagsForResource.ts')).ListTagsForResource,
  PutAccountSetting: async () => (await import('./PutAccountSetting.ts')).PutAccountSetting,
  PutImage: async () => (await import('./PutImage.ts')).PutImage,
  PutImageScanningConfiguration: async () =>
    (await import('./PutImageScanningConfiguration.ts')).PutImageScanningConfiguration,
  PutImageTagMutability: async () => (await import('./PutImageTagMutability.ts')).PutImageTagMutability,
  PutLifecyclePolicy: async () => (await import('./PutLifecyclePolicy.ts')).PutLifecyclePolicy,
  PutRegistryPolicy: async () => (await import('./PutRegistryPolicy.ts')).PutRegistryPolicy,
  PutRegistryScanningConfiguration: async () =>
    (await import('./PutRegistryScanningConfiguration.ts')).PutRegistryScanningConfiguration,
  PutReplicationConfiguration: async () =>
    (await import('./PutReplicationConfiguration.ts')).PutReplicationConfiguration,
  PutSigningConfiguration: async () => (await import('./PutSigningConfiguration.ts')).PutSigningConfiguration,
  RegisterPullTimeUpdateExclusion: async () =>
    (await import('./RegisterPullTimeUpdateExclusion.ts')).RegisterPullTimeUpdateExclusion,
  SetRepositoryPolicy: async () => (await import('./SetRepositoryPolicy.ts')).SetRepositoryPolicy,
  StartImageScan: async () => (await import('./StartImageScan.ts')).StartImageScan,
  StartLifecyclePolicyPreview: async () =>
    (await import('./StartLifecyclePolicyPreview.ts')).StartLifecyclePolicyPreview,
  StartReplicationBackfill: async () =>
    (await import('./StartReplicationBackfill.ts')).StartReplicationBackfill,
  StopReplicationBackfill: async () => (await import('./StopReplicationBackfill.ts')).StopReplicationBackfill,
  TagResource: async () => (await import('./TagResource.ts')).TagResource,
  UntagResource: async () => (await import('./UntagResource.ts')).UntagResource,
  UpdateImageStorageClass: async () => (await import('./UpdateImageStorageClass.ts')).UpdateImageStorageClass,
  UpdatePullThroughCacheRule: async () =>
    (await import('./UpdatePullThroughCacheRule.ts')).UpdatePullThroughCacheRule,
  UpdateRepositoryCreationTemplate: async () =>
    (await import('./UpdateRepositoryCreationTemplate.ts')).UpdateRepositoryCreationTemplate,
  UploadLayerPart: async () => (await import('./UploadLayerPart.ts')).UploadLayerPart,
  ValidatePullThroughCacheRule: async () =>
    (await import('./ValidatePullThroughCacheRule.ts')).ValidatePullThroughCacheRule,
} satisfies { [Name in OperationName]: () => Promise<Operation<Name>> }
