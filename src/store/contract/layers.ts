import type { Digest } from '../../rules/digest.ts'
import type { Registry } from '../../rules/registry.ts'

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
  /** The bytes of a layer, or undefined where the repository has no such layer. */
  sizeOf(repositoryId: number, digest: Digest): Promise<number | undefined>
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
