import { DOCKER_MANIFEST, DOCKER_TO_OCI, OCI_MANIFEST, OCI_TO_DOCKER } from './media-types.ts'

export interface ManifestBytes {
  readonly bytes: Uint8Array
  readonly mediaType: string
}

/**
 * The type into which ECR translates a manifest for a client that accepts `accepted` but not the manifest's
 * own type; undefined when it is returned as it is (fidelity: old user guide, "Image manifest formats").
 */
export function conversionFor(mediaType: string, accepted: readonly string[]): string | undefined {
  if (accepted.length === 0 || accepted.includes(mediaType)) return undefined
  if (mediaType === DOCKER_MANIFEST && accepted.includes(OCI_MANIFEST)) return OCI_MANIFEST
  if (mediaType === OCI_MANIFEST && accepted.includes(DOCKER_MANIFEST)) return DOCKER_MANIFEST
  return undefined
}

interface Descriptor {
  mediaType?: string
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
  const names = mediaType === DOCKER_MANIFEST ? DOCKER_TO_OCI : OCI_TO_DOCKER
  const manifest = JSON.parse(Buffer.from(bytes).toString('utf8')) as ImageManifest
  const { config, layers = [] } = manifest
  if (manifest.artifactType || !config) return undefined

  const parts = [config, ...layers].map((descriptor) => names.get(descriptor.mediaType ?? ''))
  if (parts.some((name) => name === undefined)) return undefined
  const [configType, ...layerTypes] = parts as string[]
  const converted = {
    ...manifest,
    mediaType: to,
    config: { ...config, mediaType: configType },
    layers: layers.map((layer, index) => ({ ...layer, mediaType: layerTypes[index] })),
  }
  return { bytes: Buffer.from(JSON.stringify(converted)), mediaType: to }
}
