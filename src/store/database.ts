import type { CreationScenario } from '../rules/creation-template.ts'
import type { Digest } from '../rules/digest.ts'
import type { Registry } from '../rules/registry.ts'
import type { ExclusionFilter, TagMutability } from '../rules/tag-mutability.ts'

/**
 * The contract of the metadata store. It is asynchronous because a database across a network fits it as
 * well as SQLite does. Inside `read` and `write` nothing may be awaited but the transaction itself. When the
 * disk is full, what was to be written throws an error that `isDiskFull` knows.
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
  readonly creationTemplates: CreationTemplateReads
  readonly events: EventReads
  readonly jobs: JobReads
  readonly signings: SigningReads
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
  readonly signings: SigningReads & SigningWrites
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
  /** Epoch milliseconds; when it was uploaded, mounted or found in place by somebody who pushes. */
  readonly linkedAt: number
}

export interface LayerReads {
  find(repositoryId: number, digest: Digest): Promise<Layer | undefined>
  /** Whether any repository of any registry owns these bytes. */
  isOwned(digest: Digest): Promise<boolean>
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
  /** Bytes of the newest part. */
  readonly lastPartBytes: number
  /** Whether a part that is not the newest is below the minimum of 5 MiB. */
  readonly hasShortPart: boolean
}

export interface UploadReads {
  find(repositoryId: number, id: string): Promise<Upload | undefined>
  ofRepository(repositoryId: number): Promise<string[]>
  startedBefore(epochMilliseconds: number): Promise<string[]>
  ids(): Promise<string[]>
}

export interface UploadWrites {
  insert(upload: Pick<Upload, 'id' | 'repositoryId' | 'startedAt'>): Promise<void>
  saveProgress(
    upload: Pick<Upload, 'id' | 'receivedBytes' | 'partCount' | 'lastPartBytes' | 'hasShortPart'>,
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

/** Work that is still to be done. */
export interface Job {
  readonly id: number
  readonly kind: string
  readonly registry: Registry
  readonly payload: object
  /** Epoch milliseconds. */
  readonly dueAt: number
  /** How often it was tried and failed. */
  readonly attempts: number
}

export interface JobReads {
  /** The one that is due first, whenever that is. */
  next(): Promise<Job | undefined>
}

export interface JobWrites {
  insert(job: Omit<Job, 'id' | 'attempts'>): Promise<void>
  /** Counts a failed attempt and puts the job off. */
  postpone(id: number, dueAt: number): Promise<void>
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
