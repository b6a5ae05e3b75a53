import type { Digest } from './digest.ts'
import {
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_V1,
  DOCKER_MANIFEST_V1_SIGNED,
  DOCKER_TO_OCI,
  OCI_MANIFEST,
  OCI_TO_DOCKER,
} from './media-types.ts'

export interface ManifestBytes {
  readonly bytes: Uint8Array
  readonly mediaType: string
}

/** The types into which ECR translates a manifest, the one that loses least first. */
const CONVERSIONS: ReadonlyMap<string, readonly string[]> = new Map([
  [DOCKER_MANIFEST, [OCI_MANIFEST, DOCKER_MANIFEST_V1_SIGNED, DOCKER_MANIFEST_V1]],
  [OCI_MANIFEST, [DOCKER_MANIFEST, DOCKER_MANIFEST_V1_SIGNED, DOCKER_MANIFEST_V1]],
])

/**
 * The type into which ECR translates a manifest for a client that accepts `accepted` but not the manifest's
 * own type; undefined when it is returned as it is (fidelity: old user guide, "Image manifest formats").
 */
export function conversionFor(mediaType: string, accepted: readonly string[]): string | undefined {
  if (accepted.includes(mediaType)) return undefined
  return CONVERSIONS.get(mediaType)?.find((type) => accepted.includes(type))
}

interface Descriptor {
  mediaType?: string
  digest: Digest
}

interface ImageManifest {
  mediaType?: string
  artifactType?: string
  config?: Descriptor
  layers?: Descriptor[]
}

/**
 * A Docker image as OCI has it, or the reverse: the media types of manifest, config and layers change,
 * nothing else. Content that the other format has no name for (an artifact) stays what it is: undefined.
 */
export function convertManifest({ bytes, mediaType }: ManifestBytes, to: string): ManifestBytes | undefined {
  const image = imageOf({ bytes, mediaType })
  if (!image) return undefined
  const names = mediaType === DOCKER_MANIFEST ? DOCKER_TO_OCI : OCI_TO_DOCKER
  const rename = (descriptor: Descriptor): Descriptor => ({
    ...descriptor,
    mediaType: names.get(descriptor.mediaType ?? '') as string,
  })
  const converted = {
    ...image.manifest,
    mediaType: to,
    config: rename(image.config),
    layers: image.layers.map(rename),
  }
  return { bytes: Buffer.from(JSON.stringify(converted)), mediaType: to }
}

/** The digests of an image's config and layers; undefined for content that is no image. */
export function imageParts(stored: ManifestBytes): { config: Digest; layers: Digest[] } | undefined {
  const image = imageOf(stored)
  return image && { config: image.config.digest, layers: image.layers.map(({ digest }) => digest) }
}

/** A manifest whose config and layers are all of types that both Docker and OCI name. */
function imageOf({
  bytes,
  mediaType,
}: ManifestBytes): { manifest: ImageManifest; config: Descriptor; layers: Descriptor[] } | undefined {
  const names = mediaType === DOCKER_MANIFEST ? DOCKER_TO_OCI : OCI_TO_DOCKER
  const manifest = JSON.parse(Buffer.from(bytes).toString('utf8')) as ImageManifest
  const { artifactType, config, layers } = manifest
  if (artifactType || !config) return undefined
  const parts = [config, ...(layers ?? [])]
  if (!parts.every((part) => names.has(part.mediaType ?? ''))) return undefined
  return { manifest, config, layers: layers ?? [] }
}
