import type { OperationName } from '../../generated/ecr/types.ts'
import type { Operation } from '../operation.ts'
import { BatchCheckLayerAvailability } from './BatchCheckLayerAvailability.ts'
import { BatchDeleteImage } from './BatchDeleteImage.ts'
import { BatchGetImage } from './BatchGetImage.ts'
import { BatchGetRepositoryScanningConfiguration } from './BatchGetRepositoryScanningConfiguration.ts'
import { CompleteLayerUpload } from './CompleteLayerUpload.ts'
import { CreatePullThroughCacheRule } from './CreatePullThroughCacheRule.ts'
import { CreateRepository } from './CreateRepository.ts'
import { CreateRepositoryCreationTemplate } from './CreateRepositoryCreationTemplate.ts'
import { DeleteLifecyclePolicy } from './DeleteLifecyclePolicy.ts'
import { DeletePullThroughCacheRule } from './DeletePullThroughCacheRule.ts'
import { DeleteRegistryPolicy } from './DeleteRegistryPolicy.ts'
import { DeleteRepository } from './DeleteRepository.ts'
import { DeleteRepositoryCreationTemplate } from './DeleteRepositoryCreationTemplate.ts'
import { DeleteRepositoryPolicy } from './DeleteRepositoryPolicy.ts'
import { DeleteSigningConfiguration } from './DeleteSigningConfiguration.ts'
import { DeregisterPullTimeUpdateExclusion } from './DeregisterPullTimeUpdateExclusion.ts'
import { DescribeImageReplicationStatus } from './DescribeImageReplicationStatus.ts'
import { DescribeImageScanFindings } from './DescribeImageScanFindings.ts'
import { DescribeImageSigningStatus } from './DescribeImageSigningStatus.ts'
import { DescribeImages } from './DescribeImages.ts'
import { DescribePullThroughCacheRules } from './DescribePullThroughCacheRules.ts'
import { DescribeRegistry } from './DescribeRegistry.ts'
import { DescribeReplicationBackfillResults } from './DescribeReplicationBackfillResults.ts'
import { DescribeRepositories } from './DescribeRepositories.ts'
import { DescribeRepositoryCreationTemplates } from './DescribeRepositoryCreationTemplates.ts'
import { GetAccountSetting } from './GetAccountSetting.ts'
import { GetAuthorizationToken } from './GetAuthorizationToken.ts'
import { GetDownloadUrlForLayer } from './GetDownloadUrlForLayer.ts'
import { GetLifecyclePolicy } from './GetLifecyclePolicy.ts'
import { GetLifecyclePolicyPreview } from './GetLifecyclePolicyPreview.ts'
import { GetRegistryPolicy } from './GetRegistryPolicy.ts'
import { GetRegistryScanningConfiguration } from './GetRegistryScanningConfiguration.ts'
import { GetRepositoryPolicy } from './GetRepositoryPolicy.ts'
import { GetSigningConfiguration } from './GetSigningConfiguration.ts'
import { InitiateLayerUpload } from './InitiateLayerUpload.ts'
import { ListImageReferrers } from './ListImageReferrers.ts'
import { ListImages } from './ListImages.ts'
import { ListPullTimeUpdateExclusions } from './ListPullTimeUpdateExclusions.ts'
import { ListReplicationBackfills } from './ListReplicationBackfills.ts'
import { ListTagsForResource } from './ListTagsForResource.ts'
import { PutAccountSetting } from './PutAccountSetting.ts'
import { PutImage } from './PutImage.ts'
import { PutImageScanningConfiguration } from './PutImageScanningConfiguration.ts'
import { PutImageTagMutability } from './PutImageTagMutability.ts'
import { PutLifecyclePolicy } from './PutLifecyclePolicy.ts'
import { PutRegistryPolicy } from './PutRegistryPolicy.ts'
import { PutRegistryScanningConfiguration } from './PutRegistryScanningConfiguration.ts'
import { PutReplicationConfiguration } from './PutReplicationConfiguration.ts'
import { PutSigningConfiguration } from './PutSigningConfiguration.ts'
import { RegisterPullTimeUpdateExclusion } from './RegisterPullTimeUpdateExclusion.ts'
import { SetRepositoryPolicy } from './SetRepositoryPolicy.ts'
import { StartImageScan } from './StartImageScan.ts'
import { StartLifecyclePolicyPreview } from './StartLifecyclePolicyPreview.ts'
import { StartReplicationBackfill } from './StartReplicationBackfill.ts'
import { StopReplicationBackfill } from './StopReplicationBackfill.ts'
import { TagResource } from './TagResource.ts'
import { UntagResource } from './UntagResource.ts'
import { UpdateImageStorageClass } from './UpdateImageStorageClass.ts'
import { UpdatePullThroughCacheRule } from './UpdatePullThroughCacheRule.ts'
import { UpdateRepositoryCreationTemplate } from './UpdateRepositoryCreationTemplate.ts'
import { UploadLayerPart } from './UploadLayerPart.ts'
import { ValidatePullThroughCacheRule } from './ValidatePullThroughCacheRule.ts'

/** Every operation of the API: a missing, extra or misfiled one does not compile. */
export const handlers = {
  BatchCheckLayerAvailability,
  BatchDeleteImage,
  BatchGetImage,
  BatchGetRepositoryScanningConfiguration,
  CompleteLayerUpload,
  CreatePullThroughCacheRule,
  CreateRepository,
  CreateRepositoryCreationTemplate,
  DeleteLifecyclePolicy,
  DeletePullThroughCacheRule,
  DeleteRegistryPolicy,
  DeleteRepository,
  DeleteRepositoryCreationTemplate,
  DeleteRepositoryPolicy,
  DeleteSigningConfiguration,
  DeregisterPullTimeUpdateExclusion,
  DescribeImageReplicationStatus,
  DescribeImageScanFindings,
  DescribeImageSigningStatus,
  DescribeImages,
  DescribePullThroughCacheRules,
  DescribeRegistry,
  DescribeReplicationBackfillResults,
  DescribeRepositories,
  DescribeRepositoryCreationTemplates,
  GetAccountSetting,
  GetAuthorizationToken,
  GetDownloadUrlForLayer,
  GetLifecyclePolicy,
  GetLifecyclePolicyPreview,
  GetRegistryPolicy,
  GetRegistryScanningConfiguration,
  GetRepositoryPolicy,
  GetSigningConfiguration,
  InitiateLayerUpload,
  ListImageReferrers,
  ListImages,
  ListPullTimeUpdateExclusions,
  ListReplicationBackfills,
  ListTagsForResource,
  PutAccountSetting,
  PutImage,
  PutImageScanningConfiguration,
  PutImageTagMutability,
  PutLifecyclePolicy,
  PutRegistryPolicy,
  PutRegistryScanningConfiguration,
  PutReplicationConfiguration,
  PutSigningConfiguration,
  RegisterPullTimeUpdateExclusion,
  SetRepositoryPolicy,
  StartImageScan,
  StartLifecyclePolicyPreview,
  StartReplicationBackfill,
  StopReplicationBackfill,
  TagResource,
  UntagResource,
  UpdateImageStorageClass,
  UpdatePullThroughCacheRule,
  UpdateRepositoryCreationTemplate,
  UploadLayerPart,
  ValidatePullThroughCacheRule,
} satisfies { [Name in OperationName]: Operation<Name> }
