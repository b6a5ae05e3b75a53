import type { CreationScenario } from '../rules/creation-template.ts'
import type { Digest, DigestAlgorithm } from '../rules/digest.ts'
import type { SeverityCounts } from '../rules/finding.ts'
import type { FailedStatus } from '../rules/planted-findings.ts'
import type { RuleNames, RuleSource } from '../rules/pull-through.ts'
import type { Registry } from '../rules/registry.ts'
import type { ScanType } from '../rules/scanning.ts'
import type { ExclusionFilter, TagMutability } from '../rules/tag-mutability.ts'

/**
 * The contract of the metadata store. It is asynchronous because a database across a network fits it as
 * well as SQLite does. Inside `read` and `write` nothing may be awaited but the transaction itself. When the
 * disk is full, what was to be written throws an error that `isDiskFull` knows; when it is gone, StorageMissing.
 */
export interface Database {
  /** Runs `work` over one consistent state; other reads and the writer are not held up by it. */
  read<Result>(work: (tx: Reads) => Promise<Result>): Promise<Result>
  /** Runs `work` alone; all of its changes are durable when the promise resolves, none when it rejects. */
  write<Result>(work: (tx: Writes) => Promise<Result>): Promise<Result>
  /** Forgets everything of one registry, or of all. */
  clear(registry?: Registry): Promise<void>
  close(): Promise<void>
}

export interface Reads {
  readonly repositories: RepositoryReads
  readonly layers: LayerReads
  readonly uploads: UploadReads
  readonly images: ImageReads
  readonly sessions: SessionReads
  readonly settings: SettingReads
  readonly registrySettings: RegistrySettingReads
  readonly policies: PolicyReads
  readonly creationTemplates: CreationTemplateReads
  readonly events: EventReads
  readonly jobs: JobReads
  readonly lifecyclePreviews: LifecyclePreviewReads
  readonly replicationStatuses: ReplicationStatusReads
  readonly backfills: BackfillReads
  readonly pullThroughRules: PullThroughRuleReads
  readonly upstreamChecks: UpstreamCheckReads
  readonly signings: SigningReads
  readonly imageScans: ImageScanReads
}

export interface Writes extends Reads {
  readonly repositories: RepositoryReads & RepositoryWrites
  readonly layers: LayerReads & LayerWrites
  readonly uploads: UploadReads & UploadWrites
  readonly images: ImageReads & ImageWrites
  readonly sessions: SessionReads & SessionWrites
  readonly settings: SettingReads & SettingWrites
  readonly registrySettings: RegistrySettingReads & RegistrySettingWrites
  readonly creationTemplates: CreationTemplateReads & CreationTemplateWrites
  readonly events: EventReads & EventWrites
  readonly jobs: JobReads & JobWrites
  readonly lifecyclePreviews: LifecyclePreviewReads & LifecyclePreviewWrites
  readonly replicationStatuses: ReplicationStatusReads & ReplicationStatusWrites
  readonly backfills: BackfillReads & BackfillWrites
  readonly pullThroughRules: PullThroughRuleReads & PullThroughRuleWrites
  readonly upstreamChecks: UpstreamCheckReads & UpstreamCheckWrites
  readonly signings: SigningReads & SigningWrites
  readonly imageScans: ImageScanReads & ImageScanWrites
  /** Runs `work` once the transaction is durable, and never when it rejects. */
  afterCommit(work: () => void): void
}

export interface ResourceTag {
  readonly key: string
  readonly value: string
}

export interface Encryption {
  readonly encryptionType: 'AES256' | 'KMS' | 'KMS_DSSE'
  /** The full ARN of the key; only with KMS. */
  readonly kmsKey?: string | undefined
}

/** What a caller chooses of a repository. */
export interface RepositorySettings {
  readonly imageTagMutability: TagMutability
  readonly exclusionFilters: readonly ExclusionFilter[]
  readonly scanOnPush: boolean
  readonly encryption: Encryption
  /** At most 50, each key once, in the order of their keys. */
  readonly resourceTags: readonly ResourceTag[]
}

export interface Repository extends RepositorySettings {
  readonly id: number
  readonly registry: Registry
  readonly name: string
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** Images of every status. */
  readonly imageCount: number
  /** The repository policy, JSON as it was sent. */
  readonly policyText: string | undefined
  /** The lifecycle policy, JSON as it was sent. */
  readonly lifecyclePolicyText: string | undefined
  /** When the lifecycle policy was last evaluated, in epoch milliseconds. */
  readonly lifecycleEvaluatedAt: number | undefined
}

/** What a repository is when it is made. */
export type NewRepository = RepositorySettings & Pick<Repository, 'registry' | 'name' | 'createdAt'>

export interface RepositoryReads {
  find(registry: Registry, name: string): Promise<Repository | undefined>
  /** In the order of names, those after `after`. */
  list(registry: Registry, page: { after: string; limit: number }): Promise<Repository[]>
  count(registry: Registry): Promise<number>
  /** Repositories over all registries. */
  countAll(): Promise<number>
  /** Over all registries, in the order of their making, those after the repository `after`. */
  listWithLifecyclePolicy(page: { after: number; limit: number }): Promise<Repository[]>
}

export interface RepositoryWrites {
  insert(repository: NewRepository): Promise<Repository>
  update(id: number, settings: Partial<RepositorySettings>): Promise<void>
  setPolicy(id: number, text: string | undefined): Promise<void>
  /** A policy that is new was never evaluated. */
  setLifecyclePolicy(id: number, text: string | undefined): Promise<void>
  /** @param at epoch milliseconds */
  setLifecycleEvaluated(id: number, at: number): Promise<void>
  /** Removes the repository with its images, layers and uploads. */
  delete(id: number): Promise<void>
}

/** A blob that a repository owns. */
export interface Layer {
  readonly digest: Digest
  readonly sizeInBytes: number
  /** As the newest manifest that names it has it; unknown before one does. */
  readonly mediaType: string | undefined
  /** Whether an image of the repository names it. */
  readonly referenced: boolean
  /** Whether images name it, and all of them are in the archive. */
  readonly isArchived: boolean
  /** Epoch milliseconds; when it was uploaded, mounted or found in place by somebody who pushes. */
  readonly linkedAt: number
}

export interface LayerReads {
  find(repositoryId: number, digest: Digest): Promise<Layer | undefined>
  /** Whether any repository of any registry owns these bytes. */
  isOwned(digest: Digest): Promise<boolean>
  /** Names of at most `limit` repositories of a registry that own these bytes, the newest owner first. */
  ownersOf(registry: Registry, digest: Digest, limit: number): Promise<string[]>
  /** Layers over all registries, each digest once, and their bytes. */
  totals(): Promise<{ count: number; sizeInBytes: number }>
}

export interface LayerWrites {
  /** Makes the repository an owner; nothing happens when it is one. `linkedAt` in epoch milliseconds. */
  link(repositoryId: number, layer: { digest: Digest; sizeInBytes: number; linkedAt: number }): Promise<void>
  /** Takes a layer from its repository. Whether no other image or repository needs it is the caller's to know. */
  unlink(repositoryId: number, digest: Digest): Promise<void>
  /** Takes every layer that no image names and that was linked before `linkedBefore` from its repository. */
  unlinkUnreferenced(linkedBefore: number): Promise<number>
}

export interface Upload {
  /** A UUID. */
  readonly id: string
  readonly repositoryId: number
  /** Epoch milliseconds. */
  readonly startedAt: number
  /** Bytes that were acknowledged. */
  readonly receivedBytes: number
  readonly partCount: number
  readonly firstPartBytes: number
  /** Bytes of the newest part. */
  readonly lastPartBytes: number
  /** Whether a part that is not the newest is below the minimum of 5 MiB. */
  readonly hasShortPart: boolean
  /** Of the digest that its bytes are to have, as far as it was told. */
  readonly digestAlgorithm: DigestAlgorithm
}

export interface UploadReads {
  find(repositoryId: number, id: string): Promise<Upload | undefined>
  ofRepository(repositoryId: number): Promise<string[]>
  startedBefore(epochMilliseconds: number): Promise<string[]>
  ids(): Promise<string[]>
}

export interface UploadWrites {
  insert(upload: Pick<Upload, 'id' | 'repositoryId' | 'startedAt' | 'digestAlgorithm'>): Promise<void>
  saveProgress(
    upload: Pick<
      Upload,
      'id' | 'receivedBytes' | 'partCount' | 'firstPartBytes' | 'lastPartBytes' | 'hasShortPart'
    >,
  ): Promise<void>
  /** Whether there was such an upload. */
  delete(id: string): Promise<boolean>
}

export type ImageStatus = 'ACTIVE' | 'ARCHIVED' | 'ACTIVATING'

/** A manifest in a repository. */
export interface Image {
  readonly id: number
  readonly repositoryId: number
  readonly digest: Digest
  readonly mediaType: string
  readonly artifactType: string | undefined
  readonly status: ImageStatus
  /** Bytes of the manifest itself. */
  readonly manifestBytes: number
  /** Bytes of config and layers; for an index, of its largest child (ECR API reference, ImageDetail). */
  readonly sizeInBytes: number
  readonly subject: Digest | undefined
  /** Annotations of the manifest; kept for referrers only. */
  readonly annotations: Readonly<Record<string, string>> | undefined
  /** Epoch milliseconds. */
  readonly pushedAt: number
  readonly tagCount: number
  /** Epoch milliseconds; undefined when it was never pulled. */
  readonly lastPulledAt: number | undefined
  /** Epoch milliseconds; undefined when it never was in the archive. */
  readonly lastArchivedAt: number | undefined
  /** When it last came back from the archive, in epoch milliseconds. */
  readonly lastActivatedAt: number | undefined
}

/** What an image is when it is stored; everything else follows from what happens to it. */
export type NewImage = Omit<
  Image,
  'id' | 'status' | 'tagCount' | 'lastPulledAt' | 'lastArchivedAt' | 'lastActivatedAt'
>

export interface TaggedImage extends Image {
  /** In the order of their bytes. */
  readonly tags: readonly string[]
}

/** What a lifecycle policy decides by. */
export interface LifecycleCandidate
  extends Pick<
    Image,
    | 'id'
    | 'digest'
    | 'status'
    | 'subject'
    | 'pushedAt'
    | 'lastPulledAt'
    | 'lastArchivedAt'
    | 'lastActivatedAt'
  > {
  /** In the order of their bytes. */
  readonly tags: readonly string[]
  /** Indexes of the repository that name the image. */
  readonly parents: readonly Digest[]
}

/** A digest with one of its tags, or with none when it has none. */
export interface ImageIdentifier {
  readonly imageId: number
  readonly digest: Digest
  readonly tag: string | undefined
}

/** What DescribeImages and ListImages choose by. Absent members choose everything. */
export interface ImageFilter {
  readonly tagStatus?: 'TAGGED' | 'UNTAGGED' | undefined
  readonly status?: ImageStatus | undefined
  /** Artifact types: exact, or a prefix before a trailing `*`; `*` alone for any and none. */
  readonly artifactTypes?: readonly string[] | undefined
}

export interface ImageReads {
  findByDigest(repositoryId: number, digest: Digest): Promise<Image | undefined>
  findByTag(repositoryId: number, tag: string): Promise<Image | undefined>
  /** The bytes as they were pushed. */
  manifest(digest: Digest): Promise<Buffer | undefined>
  tagsOf(imageId: number): Promise<string[]>
  /** In the order of first push, those after the image `after`. */
  list(
    repositoryId: number,
    filter: ImageFilter,
    page: { after: number; limit: number },
  ): Promise<TaggedImage[]>
  /** In the order of first push, then of tags; those after (`afterImage`, `afterTag`). */
  listIdentifiers(
    repositoryId: number,
    filter: ImageFilter,
    page: { afterImage: number; afterTag: string; limit: number },
  ): Promise<ImageIdentifier[]>
  /** Tags of images that are ACTIVE in the order of their bytes, those after `after`. */
  listTags(repositoryId: number, page: { after: string; limit: number }): Promise<string[]>
  /** Images whose subject is `subject`, in the order of first push; artifact types are exact. */
  listReferrers(
    repositoryId: number,
    subject: Digest,
    filter: { artifactTypes?: readonly string[] | undefined; status?: ImageStatus | undefined },
    page: { after: number; limit: number },
  ): Promise<Image[]>
  /** What a lifecycle policy decides by, of images of one status in the order of first push; those after `after`. */
  listLifecycleCandidates(
    repositoryId: number,
    status: ImageStatus,
    page: { after: number; limit: number },
  ): Promise<LifecycleCandidate[]>
  /** Digests of the indexes of the repository that name `child`. */
  parentsOf(repositoryId: number, child: Digest): Promise<Digest[]>
  /** Images over all registries. */
  countAll(): Promise<number>
}

export interface ImageWrites {
  /** Stores an image that the repository does not have, with its manifest, and counts it. */
  insert(
    image: NewImage,
    contents: {
      manifest: Uint8Array
      blobs: readonly { digest: Digest; mediaType: string | undefined }[]
      children: readonly Digest[]
    },
  ): Promise<Image>
  /** Puts `tag` on the image, taking it from whichever image has it. */
  tag(image: Pick<Image, 'id' | 'repositoryId'>, tag: string): Promise<void>
  untag(repositoryId: number, tag: string): Promise<void>
  /** Changes the storage class, and notes when: `at` in epoch milliseconds. */
  setStatus(id: number, status: ImageStatus, at: number): Promise<void>
  /** @param at epoch milliseconds */
  setLastPulled(id: number, at: number): Promise<void>
  /** Removes the image with all its tags, and its manifest when no other image has the same. */
  delete(image: Pick<Image, 'id' | 'repositoryId' | 'digest'>): Promise<void>
}

/** Temporary credentials that STS gave out. */
export interface Session {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly accountId: string
  /** ARN of who acts with them. */
  readonly principalArn: string
  /** What GetCallerIdentity shows as UserId. */
  readonly userId: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

export interface SessionReads {
  find(accessKeyId: string): Promise<Session | undefined>
}

export interface SessionWrites {
  insert(session: Session): Promise<void>
  deleteExpired(now: number): Promise<void>
}

export interface SettingReads {
  get(key: string): Promise<Buffer | undefined>
}

export interface SettingWrites {
  put(key: string, value: Uint8Array): Promise<void>
}

/** Settings of a registry as a whole, by what they are called in the API: JSON documents. */
export interface RegistrySettingReads {
  get<Value>(registry: Registry, key: string): Promise<Value | undefined>
}

export interface RegistrySettingWrites {
  put(registry: Registry, key: string, value: object | string): Promise<void>
  delete(registry: Registry, key: string): Promise<void>
}

/** What decides who may do what in a registry. */
export interface StoredPolicies {
  /** The policy of the repository that is asked for, JSON. */
  readonly repository: string | undefined
  /** The registry policy, JSON. */
  readonly registry: string | undefined
  /** What PutAccountSetting chose, by name. */
  readonly accountSettings: Readonly<Record<string, string>>
  /** Tags of the repository, which conditions may ask for. */
  readonly resourceTags: readonly ResourceTag[]
}

export interface PolicyReads {
  /** Undefined when there is no policy at all, as it mostly is: every request asks. */
  find(registry: Registry, repositoryName?: string): Promise<StoredPolicies | undefined>
}

/** Something that happened, as EventBridge would be told. */
export interface Event {
  /** A UUID. */
  readonly id: string
  readonly registry: Registry
  /** Epoch milliseconds. */
  readonly occurredAt: number
  readonly detailType: string
  /** ARNs. */
  readonly resources: readonly string[]
  readonly detail: object
}

export interface StoredEvent extends Event {
  /** Grows with every event; the order in which they were committed. */
  readonly sequence: number
}

export interface EventReads {
  /** Oldest first, those after `after`. */
  list(page: { after: number; limit: number }): Promise<StoredEvent[]>
  sequenceOf(id: string): Promise<number | undefined>
  /** Of the newest event; 0 when there is none. */
  lastSequence(): Promise<number>
}

export interface EventWrites {
  append(event: Event): Promise<void>
}

/** Jobs of one lane are done one after another, beside those of the other. */
export type Lane = 'main' | 'scans'

/** Work that is still to be done. */
export interface Job {
  readonly id: number
  readonly lane: Lane
  readonly kind: string
  readonly registry: Registry
  readonly payload: object
  /** Epoch milliseconds. */
  readonly dueAt: number
  /** How often it was tried and failed. */
  readonly attempts: number
}

export interface JobReads {
  /** The one of a lane that is due first, whenever that is. */
  next(lane: Lane): Promise<Job | undefined>
}

export interface JobWrites {
  insert(job: Omit<Job, 'id' | 'attempts'>): Promise<void>
  /** Counts a failed attempt and puts the job off. */
  postpone(id: number, dueAt: number): Promise<void>
  /** Has all jobs due so much earlier. */
  bringForward(milliseconds: number): Promise<void>
  delete(id: number): Promise<void>
}

/** By what a repository is made that nobody asked for by name. */
export interface CreationTemplate {
  /** Without a trailing slash, or `ROOT`. */
  readonly prefix: string
  readonly description?: string | undefined
  readonly appliedFor: readonly CreationScenario[]
  /** As the caller gave it. */
  readonly encryption?: Encryption | undefined
  readonly resourceTags?: readonly ResourceTag[] | undefined
  readonly imageTagMutability?: TagMutability | undefined
  readonly exclusionFilters?: readonly ExclusionFilter[] | undefined
  /** JSON, as it was sent. */
  readonly repositoryPolicy?: string | undefined
  /** JSON, as it was sent. */
  readonly lifecyclePolicy?: string | undefined
  readonly customRoleArn?: string | undefined
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** Epoch milliseconds. */
  readonly updatedAt: number
}

export interface CreationTemplateReads {
  find(registry: Registry, prefix: string): Promise<CreationTemplate | undefined>
  /** In the order of prefixes, those after `after`. */
  list(registry: Registry, page: { after: string; limit: number }): Promise<CreationTemplate[]>
}

export interface CreationTemplateWrites {
  /** Stores a template in place of the one with the same prefix, whose `createdAt` stays. */
  put(registry: Registry, template: CreationTemplate): Promise<void>
  delete(registry: Registry, prefix: string): Promise<void>
}

export type SigningStatus = 'IN_PROGRESS' | 'COMPLETE' | 'FAILED'

/** What became of the signing of an image by one profile. */
export interface Signing {
  readonly signingProfileArn: string
  readonly status: SigningStatus
  /** Of the refusal that was the end of it. */
  readonly failureCode?: string | undefined
  readonly failureReason?: string | undefined
}

export interface SigningReads {
  /** Of one image, in the order of profiles. */
  list(imageId: number): Promise<Signing[]>
}

export interface SigningWrites {
  /** Whether it is new: an image is signed once by each profile. */
  begin(imageId: number, signingProfileArn: string): Promise<boolean>
  end(imageId: number, signing: Signing): Promise<void>
}

/** From which registry a part of the repositories is filled. */
export interface PullThroughRule extends RuleNames, RuleSource {
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** Epoch milliseconds. */
  readonly updatedAt: number
}

export interface PullThroughRuleReads {
  find(registry: Registry, prefix: string): Promise<PullThroughRule | undefined>
  /** In the order of prefixes, those after `after`. */
  list(registry: Registry, page: { after: string; limit: number }): Promise<PullThroughRule[]>
}

export interface PullThroughRuleWrites {
  /** Stores a rule in place of the one with the same prefix, whose `createdAt` stays. */
  put(registry: Registry, rule: PullThroughRule): Promise<void>
  delete(registry: Registry, prefix: string): Promise<void>
}

/** References are tags, and `referrers/<digest>` for what refers to a digest. */
export interface UpstreamCheckReads {
  /** When the upstream was last asked, in epoch milliseconds; undefined for what never came from one. */
  checkedAt(repositoryId: number, reference: string): Promise<number | undefined>
}

export interface UpstreamCheckWrites {
  /** @param at epoch milliseconds */
  note(repositoryId: number, reference: string, at: number): Promise<void>
}

/** How far an image has come on its way to another registry. */
export interface ReplicationStatus {
  readonly destination: Registry
  readonly status: 'IN_PROGRESS' | 'COMPLETE' | 'FAILED'
  /** Only when it failed. */
  readonly failureCode?: string | undefined
}

export interface ReplicationStatusReads {
  /** In the order of regions, then of accounts. */
  ofImage(imageId: number): Promise<ReplicationStatus[]>
}

export interface ReplicationStatusWrites {
  /** Takes the place of the one for the same destination. */
  put(imageId: number, status: ReplicationStatus): Promise<void>
}

/** A replication of images that were there before it was configured. */
export interface Backfill {
  /** Grows with every backfill. */
  readonly sequence: number
  /** A UUID. */
  readonly id: string
  readonly registry: Registry
  readonly destination: Registry
  readonly status: 'PREPARING' | 'IN_PROGRESS' | 'COMPLETE' | 'FAILED' | 'STOPPED'
  readonly failureCode: string | undefined
  /** Pairs of an image and a tag; unknown until the backfill is prepared. */
  readonly counts: { readonly total: number; readonly completed: number; readonly failed: number } | undefined
  /** Epoch milliseconds. */
  readonly startedAt: number
  /** Epoch milliseconds; undefined while it runs. */
  readonly endedAt: number | undefined
}

/** What became of one image under one tag, or of an image without one. */
export interface BackfillItem {
  readonly sequence: number
  readonly repositoryName: string
  readonly digest: Digest
  readonly tag: string | undefined
  readonly status: 'PENDING' | 'COMPLETE' | 'FAILED'
  readonly failureCode?: string | undefined
  /** Of indexes only. */
  readonly subImageFailureCodes?: readonly string[] | undefined
}

export interface BackfillReads {
  find(registry: Registry, id: string): Promise<Backfill | undefined>
  /** Newest first, those before the one with the sequence `before`. */
  list(registry: Registry, page: { before: number; limit: number }): Promise<Backfill[]>
  /** Those that have not ended. */
  running(registry: Registry): Promise<Backfill[]>
  /** Each code of its failed items once. */
  failureCodes(id: string): Promise<string[]>
  /** In the order of preparation; without a status those that are no longer PENDING. */
  items(
    id: string,
    status: BackfillItem['status'] | undefined,
    page: { after: number; limit: number },
  ): Promise<BackfillItem[]>
}

export interface BackfillWrites {
  insert(backfill: Pick<Backfill, 'id' | 'registry' | 'destination' | 'status' | 'startedAt'>): Promise<void>
  /**
   * Adds the ACTIVE ones of some images of a repository, after the one with the id `after`: answers how many pairs of
   * an image and a tag these are, and the id of the last image; undefined when there was none.
   */
  addImages(
    backfill: Pick<Backfill, 'id'>,
    repository: Pick<Repository, 'id' | 'name'>,
    page: { after: number; limit: number },
  ): Promise<{ pairs: number; last: number } | undefined>
  /** Deletes some items, and answers how many. */
  deleteItems(id: string, limit: number): Promise<number>
  /** It is IN_PROGRESS from now on. */
  setPrepared(backfill: Pick<Backfill, 'id'>, total: number): Promise<void>
  /** Notes what became of an item that was PENDING, and counts it. */
  saveItem(
    backfill: Pick<Backfill, 'id'>,
    item: Pick<BackfillItem, 'sequence' | 'status' | 'failureCode' | 'subImageFailureCodes'>,
  ): Promise<void>
  /** @param end its time in epoch milliseconds */
  end(
    backfill: Pick<Backfill, 'id'>,
    end: { status: Backfill['status']; failureCode?: string | undefined; endedAt: number },
  ): Promise<void>
  delete(id: string): Promise<void>
}

/** What a lifecycle policy would do, kept for who asked. */
export interface LifecyclePreview {
  /** JSON, as it was sent. */
  readonly policyText: string
  readonly status: 'IN_PROGRESS' | 'COMPLETE' | 'EXPIRED'
  readonly expiringCount: number
  readonly transitioningCount: number
  /** Epoch milliseconds; undefined while it is in progress. */
  readonly completedAt: number | undefined
}

/** An image on which the policy of a preview would act, as it was then. */
export interface LifecyclePreviewResult {
  readonly imageId: number
  readonly digest: Digest
  readonly tags: readonly string[]
  /** Epoch milliseconds. */
  readonly pushedAt: number
  readonly storageClass: 'STANDARD' | 'ARCHIVE'
  readonly action: 'EXPIRE' | 'TRANSITION'
  readonly rulePriority: number
}

export interface LifecyclePreviewReads {
  find(repositoryId: number): Promise<LifecyclePreview | undefined>
  /** In the order of first push, those after the image `after`. */
  listResults(
    repositoryId: number,
    filter: Pick<ImageFilter, 'tagStatus'>,
    page: { after: number; limit: number },
  ): Promise<LifecyclePreviewResult[]>
}

export interface LifecyclePreviewWrites {
  /** Begins a preview in place of an earlier one. */
  begin(repositoryId: number, policyText: string): Promise<void>
  addResults(repositoryId: number, results: readonly LifecyclePreviewResult[]): Promise<void>
  clearResults(repositoryId: number): Promise<void>
  complete(
    repositoryId: number,
    counts: { expiringCount: number; transitioningCount: number; completedAt: number },
  ): Promise<void>
  /** Drops the results of previews that were completed before a time in epoch milliseconds. */
  expire(completedBefore: number): Promise<void>
}

/** Of the model's statuses, those that are kept: IMAGE_ARCHIVED follows from the image. */
export type ScanStatus = 'IN_PROGRESS' | 'PENDING' | 'COMPLETE' | 'ACTIVE' | FailedStatus

/** The newest scan of an image, one for each type of scan. */
export interface ImageScan {
  readonly imageId: number
  readonly scanType: ScanType
  readonly status: ScanStatus
  readonly description: string | undefined
  /** Epoch milliseconds. */
  readonly requestedAt: number
  /** When it ended, well or not, in epoch milliseconds. */
  readonly completedAt: number | undefined
  /** When the source of the findings was brought up to date, in epoch milliseconds. */
  readonly sourceUpdatedAt: number | undefined
  readonly severityCounts: SeverityCounts
}

/** Two times in epoch milliseconds: what is later than the one, and not than the other. */
export interface Period {
  readonly after: number
  readonly until: number
}

/** An image that is scanned again and again. */
export interface ContinuousScan {
  readonly imageId: number
  readonly registry: Registry
  readonly repositoryName: string
  readonly digest: Digest
}

export interface ImageScanReads {
  find(imageId: number, scanType: ScanType): Promise<ImageScan | undefined>
  /** JSON of the API's shape for this type of scan: all, or so many from a position on. */
  findings(imageId: number, scanType: ScanType, page?: { from: number; limit: number }): Promise<object[]>
  /** In the order of images, those after `after` that were not asked for, and did not end, in a period. */
  listContinuous(page: { except?: Period; after: number; limit: number }): Promise<ContinuousScan[]>
}

export interface ImageScanWrites {
  /** Takes the place of the scan before; its findings stay where none are given. */
  put(scan: ImageScan, findings?: readonly object[]): Promise<void>
  /** Notes that a scan was asked for again. */
  setRequestedAt(imageId: number, scanType: ScanType, requestedAt: number): Promise<void>
}
