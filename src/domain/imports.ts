import type { Digest } from '../rules/digest.ts'
import { type InFlight, inFlight } from '../rules/in-flight.ts'
import type { ManifestFacts } from '../rules/manifest.ts'
import { registryKey } from '../rules/registry.ts'
import { UpstreamError } from '../upstream/upstream.ts'
import type { RepositoryReference } from './domain.ts'
import { refusalOf } from './errors.ts'

/** A manifest that an upstream sent. */
export interface ImportedManifest {
  readonly bytes: Buffer
  readonly mediaType: string
  readonly digest: Digest
  readonly facts: ManifestFacts
}

/** An image on its way here. */
export interface ImageImport {
  /** Here long before all that it names is. */
  readonly manifest: Promise<ImportedManifest>
  /** Resolves when the repository has the image, and everything that the image names. */
  readonly done: Promise<void>
}

/** A blob on its way here. */
export interface BlobImport {
  /** The upstream has it, and says that it has so many bytes. */
  readonly begun: Promise<{ sizeInBytes: number | undefined }>
  /** Resolves when the repository has the blob. */
  readonly done: Promise<void>
  /** The bytes from the first on, as fast as they come. */
  follow(): AsyncGenerator<Uint8Array>
}

/** What is being fetched from upstreams; whoever wants the same waits for the same. */
export interface Imports {
  readonly images: InFlight<ImageImport>
  readonly blobs: InFlight<BlobImport>
  readonly referrers: InFlight<{ readonly done: Promise<void> }>
  /** Whether images are coming into a repository. */
  isUnderWay(repository: RepositoryReference): boolean
  /** Resolves when nothing of now is under way, in a repository or at all. */
  settle(repository?: RepositoryReference): Promise<void>
}

/** @param onFault takes errors that are bugs, of imports that nobody waits for any more */
export function openImports(onFault: (error: unknown) => void): Imports {
  const onEnd = (error: unknown): void => {
    if (!(error instanceof UpstreamError) && !refusalOf(error)) onFault(error)
  }
  const [images, blobs, referrers] = [
    inFlight<ImageImport>(onEnd),
    inFlight<BlobImport>(onEnd),
    inFlight<{ readonly done: Promise<void> }>(onEnd),
  ]
  return {
    images,
    blobs,
    referrers,
    isUnderWay: (repository) => images.isUnderWay(importKey(repository, '')),
    async settle(repository) {
      const prefix = repository && importKey(repository, '')
      for (const works of [referrers, images, blobs]) await works.settle(prefix)
    },
  }
}

/** What tells an import from others: names of repositories hold no blank. */
export function importKey({ registry, repositoryName }: RepositoryReference, what: string): string {
  return `${registryKey(registry)}/${repositoryName} ${what}`
}
