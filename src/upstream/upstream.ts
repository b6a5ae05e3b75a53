import type { Digest } from '../rules/digest.ts'
import {
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  DOCKER_MANIFEST_V1,
  DOCKER_MANIFEST_V1_SIGNED,
  OCI_INDEX,
  OCI_MANIFEST,
} from '../rules/media-types.ts'

/** What manifests are asked for; indexes first: an image for several platforms is to come whole. */
export const MANIFEST_TYPES: readonly string[] = [
  OCI_INDEX,
  DOCKER_MANIFEST_LIST,
  OCI_MANIFEST,
  DOCKER_MANIFEST,
  'application/vnd.oci.artifact.manifest.v1+json',
  DOCKER_MANIFEST_V1_SIGNED,
  DOCKER_MANIFEST_V1,
]

/** How ECR logs in at an upstream. */
export type Login =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  /** As an account, or a role of it, at another ECR, which gives out the password itself. */
  | {
      readonly kind: 'ecr'
      readonly accountId: string
      readonly region: string
      readonly roleArn: string | undefined
    }

/** The registries from which images are fetched. */
export interface Upstreams {
  /**
   * The registry at a host that ECR lists.
   *
   * @param host as a rule's `upstreamRegistryUrl` has it
   */
  open(host: string, login: Login): Upstream
  /** Ends all that is under way, and refuses all that comes. */
  close(): void
}

/** A registry as one login sees it. Every call may throw UpstreamError; none waits for ever. */
export interface Upstream {
  /** Finds out whether the registry answers and the login is good (distribution-spec end-1). */
  ping(): Promise<void>
  /** By tag or digest; bytes that were asked for by digest have it. */
  manifest(name: string, reference: string): Promise<FetchedManifest>
  /** Bytes are not checked against the digest. */
  blob(name: string, digest: Digest): Promise<FetchedBlob>
  /** What has `digest` as its subject, of registries that know referrers and of those that only know tags. */
  referrers(name: string, digest: Digest): Promise<Digest[]>
}

export interface FetchedManifest {
  readonly bytes: Buffer
  /** From Content-Type, without parameters. */
  readonly mediaType: string | undefined
}

export interface FetchedBlob {
  readonly bytes: AsyncIterable<Uint8Array>
  /** As the upstream states it. */
  readonly sizeInBytes: number | undefined
  /** Lets go of bytes that nobody reads. */
  drop(): Promise<void>
}

/** Why an upstream has not given what it was asked for. */
export type UpstreamFailure = 'missing' | 'denied' | 'throttled' | 'unavailable'

export class UpstreamError extends Error {
  override readonly name = 'UpstreamError'
  readonly failure: UpstreamFailure

  constructor(failure: UpstreamFailure, message: string, options?: ErrorOptions) {
    super(message, options)
    this.failure = failure
  }
}
