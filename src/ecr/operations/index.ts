import type { OperationName } from '../../generated/ecr/types.ts'
import type { Operation } from '../operation.ts'
import { BatchCheckLayerAvailability } from './BatchCheckLayerAvailability.ts'
import { BatchDeleteImage } from './BatchDeleteImage.ts'
import { BatchGetImage } from './BatchGetImage.ts'
import { CompleteLayerUpload } from './CompleteLayerUpload.ts'
import { CreateRepository } from './CreateRepository.ts'
import { DeleteRepository } from './DeleteRepository.ts'
import { DeleteSigningConfiguration } from './DeleteSigningConfiguration.ts'
import { DescribeImageSigningStatus } from './DescribeImageSigningStatus.ts'
import { DescribeImages } from './DescribeImages.ts'
import { DescribeRegistry } from './DescribeRegistry.ts'
import { DescribeRepositories } from './DescribeRepositories.ts'
import { GetAuthorizationToken } from './GetAuthorizationToken.ts'
import { GetDownloadUrlForLayer } from './GetDownloadUrlForLayer.ts'
import { GetSigningConfiguration } from './GetSigningConfiguration.ts'
import { InitiateLayerUpload } from './InitiateLayerUpload.ts'
import { ListImageReferrers } from './ListImageReferrers.ts'
import { ListImages } from './ListImages.ts'
import { ListTagsForResource } from './ListTagsForResource.ts'
import { PutImage } from './PutImage.ts'
import { PutImageTagMutability } from './PutImageTagMutability.ts'
import { PutSigningConfiguration } from './PutSigningConfiguration.ts'
import { TagResource } from './TagResource.ts'
import { UntagResource } from './UntagResource.ts'
import { UploadLayerPart } from './UploadLayerPart.ts'

/** What part of ECR an operation belongs to that is not served yet. */
export interface NotServed {
  readonly notServed: string
}

const lifecycle: NotServed = { notServed: 'lifecycle policies' }
const scanning: NotServed = { notServed: 'image scanning' }
const replication: NotServed = { notServed: 'replication' }
const pullThroughCache: NotServed = { notServed: 'pull through cache' }
const templates: NotServed = { notServed: 'repository creation templates' }
const policies: NotServed = { notServed: 'policies' }
const pullTime: NotServed = { notServed: 'pull time recording' }
const accountSettings: NotServed = { notServed: 'account settings' }
const archive: NotServed = { notServed: 'the archive storage class' }

/** Every operation of the API: a missing, extra or misfiled one does not compile. */
export const handlers = {
  BatchCheckLayerAvailability,
  BatchDeleteImage,
  BatchGetImage,
  BatchGetRepositoryScanningConfiguration: scanning,
  CompleteLayerUpload,
  CreatePullThroughCacheRule: pullThroughCache,
  CreateRepository,
  CreateRepositoryCreationTemplate: templates,
  DeleteLifecyclePolicy: lifecycle,
  DeletePullThroughCacheRule: pullThroughCache,
  DeleteRegistryPolicy: policies,
  DeleteRepository,
  DeleteRepositoryCreationTemplate: templates,
  DeleteRepositoryPolicy: policies,
  DeleteSigningConfiguration,
  DeregisterPullTimeUpdateExclusion: pullTime,
  DescribeImageReplicationStatus: replication,
  DescribeImageScanFindings: scanning,
  DescribeImageSigningStatus,
  DescribeImages,
  DescribePullThroughCacheRules: pullThroughCache,
  DescribeRegistry,
  DescribeReplicationBackfillResults: replication,
  DescribeRepositories,
  DescribeRepositoryCreationTemplates: templates,
  GetAccountSetting: accountSettings,
  GetAuthorizationToken,
  GetDownloadUrlForLayer,
  GetLifecyclePolicy: lifecycle,
  GetLifecyclePolicyPreview: lifecycle,
  GetRegistryPolicy: policies,
  GetRegistryScanningConfiguration: scanning,
  GetRepositoryPolicy: policies,
  GetSigningConfiguration,
  InitiateLayerUpload,
  ListImageReferrers,
  ListImages,
  ListPullTimeUpdateExclusions: pullTime,
  ListReplicationBackfills: replication,
  ListTagsForResource,
  PutAccountSetting: accountSettings,
  PutImage,
  PutImageScanningConfiguration: scanning,
  PutImageTagMutability,
  PutLifecyclePolicy: lifecycle,
  PutRegistryPolicy: policies,
  PutRegistryScanningConfiguration: scanning,
  PutReplicationConfiguration: replication,
  PutSigningConfiguration,
  RegisterPullTimeUpdateExclusion: pullTime,
  SetRepositoryPolicy: policies,
  StartImageScan: scanning,
  StartLifecyclePolicyPreview: lifecycle,
  StartReplicationBackfill: replication,
  StopReplicationBackfill: replication,
  TagResource,
  UntagResource,
  UpdateImageStorageClass: archive,
  UpdatePullThroughCacheRule: pullThroughCache,
  UpdateRepositoryCreationTemplate: templates,
  UploadLayerPart,
  ValidatePullThroughCacheRule: pullThroughCache,
} satisfies { [Name in OperationName]: Operation<Name> | NotServed }
