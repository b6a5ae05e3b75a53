import type { Digest } from '../../rules/digest.ts'
import type { NameList } from './name-list.ts'

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

/** What a batch has to know of each of its images. */
export type FoundImage = Pick<
  Image,
  'id' | 'digest' | 'mediaType' | 'status' | 'manifestBytes' | 'lastPulledAt'
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
  /** Those of a batch that are there, by what names them. */
  findAll(
    repositoryId: number,
    named: { digests: readonly Digest[]; tags: readonly string[] },
  ): Promise<{ byDigest: Map<Digest, FoundImage>; byTag: Map<string, FoundImage> }>
  /** The bytes as they were pushed. */
  manifest(imageId: number): Promise<Buffer | undefined>
  /** Those of a batch, as they were pushed. */
  manifests(imageIds: readonly number[]): Promise<Map<number, Buffer>>
  tagsOf(imageId: number): Promise<string[]>
  /** In the order of their bytes; images without tags are missing. */
  tagsOfAll(imageIds: readonly number[]): Promise<Map<number, string[]>>
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
  listTags(repositoryId: number, page: { after: string; limit: number }): Promise<NameList>
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
  /** Stores an image that the repository does not have, with its manifest, and counts it; the tag it takes as `tag` does. */
  insert(
    image: NewImage,
    contents: {
      manifest: Uint8Array
      blobs: readonly { digest: Digest; mediaType: string | undefined }[]
      children: readonly Digest[]
      tag?: string | undefined
    },
  ): Promise<Image>
  /** Puts `tag` on the image, taking it from whichever image has it. */
  tag(image: Pick<Image, 'id' | 'repositoryId'>, tag: string): Promise<void>
  untag(repositoryId: number, tag: string): Promise<void>
  /** Changes the storage class, and notes when: `at` in epoch milliseconds. */
  setStatus(id: number, status: ImageStatus, at: number): Promise<void>
  /** @param at epoch milliseconds */
  setLastPulled(id: number, at: number): Promise<void>
  /** Removes the image with all its tags and its manifest. */
  delete(image: Pick<Image, 'id' | 'repositoryId'>): Promise<void>
}
