import { type Digest, parseDigest } from './digest.ts'
import { DOCKER_MANIFEST_V1, DOCKER_MANIFEST_V1_SIGNED, isIndexMediaType } from './media-types.ts'

/** The largest manifest: the model's bound of `imageManifest`, and ECR's quota. */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024

/** A blob that a manifest names. */
export interface BlobReference {
  readonly digest: Digest
  readonly mediaType: string | undefined
  /** Bytes, as the descriptor states them. */
  readonly size: number
  /** Whether it may be fetched from its `urls` instead (image-spec, non-distributable layers). */
  readonly isForeign: boolean
}

/** What the registry knows of a manifest: read from its bytes once, when it is stored. */
export interface ManifestFacts {
  /** The `mediaType` member of the manifest itself, where it has one. */
  readonly declaredMediaType: string | undefined
  /** `artifactType`, else the config's media type; for an index only `artifactType`. */
  readonly artifactType: string | undefined
  /** Config first, then layers in order, each digest once. All but foreign ones must be in the repository. */
  readonly blobs: readonly BlobReference[]
  /** Manifests of an index, each digest once. */
  readonly children: readonly Digest[]
  readonly subject: Digest | undefined
  readonly annotations: Readonly<Record<string, string>> | undefined
}

/** Why bytes are no manifest; the text goes behind ECR's "Invalid parameter at 'ImageManifest' …". */
export class NotAManifest extends Error {
  override readonly name = 'NotAManifest'
}

type Json = { readonly [member: string]: unknown }

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads what the registry needs to know of a manifest.
 *
 * @param mediaType what the caller says it is (Content-Type or `imageManifestMediaType`), if anything
 * @throws NotAManifest when the bytes are not a JSON object, or a descriptor in it is malformed
 * @see https://github.com/opencontainers/image-spec/blob/main/manifest.md
 */
export function readManifest(bytes: Uint8Array, mediaType: string | undefined): ManifestFacts {
  const manifest = parseJsonObject(bytes)
  const declaredMediaType = textOf(manifest, 'mediaType')
  const type = mediaType ?? declaredMediaType ?? ''

  const blobs = new Map<Digest, BlobReference>()
  const isSchema1 = type === DOCKER_MANIFEST_V1 || type === DOCKER_MANIFEST_V1_SIGNED
  const config = isSchema1 ? undefined : objectOf(manifest, 'config')
  if (config) addBlob(blobs, config)
  for (const layer of listOf(manifest, 'layers')) addBlob(blobs, layer)
  for (const blob of listOf(manifest, 'blobs')) addBlob(blobs, blob)
  if (isSchema1) addSchema1Layers(blobs, manifest)

  const children = new Set<Digest>()
  for (const child of listOf(manifest, 'manifests')) children.add(digestIn(child))

  const subject = objectOf(manifest, 'subject')
  const artifactType = textOf(manifest, 'artifactType')
  const ofConfig = config && !isIndexMediaType(type) ? textOf(config, 'mediaType') : undefined
  return {
    declaredMediaType,
    artifactType: artifactType || ofConfig,
    blobs: [...blobs.values()],
    children: [...children],
    subject: subject && digestIn(subject),
    annotations: annotationsOf(manifest),
  }
}

function parseJsonObject(bytes: Uint8Array): Json {
  let value: unknown
  try {
    value = JSON.parse(utf8.decode(bytes))
  } catch {
    throw new NotAManifest('Invalid JSON syntax')
  }
  if (!isObject(value)) throw new NotAManifest('Invalid JSON syntax')
  return value
}

function addBlob(blobs: Map<Digest, BlobReference>, descriptor: Json): void {
  const digest = digestIn(descriptor)
  const { size, urls } = descriptor
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw new NotAManifest(`Invalid size in the descriptor of ${digest}`)
  const known = blobs.get(digest)
  const isForeign = Array.isArray(urls) && urls.length > 0 && known?.isForeign !== false
  const mediaType = known ? known.mediaType : textOf(descriptor, 'mediaType')
  blobs.set(digest, { digest, mediaType, size, isForeign })
}

/** Docker image manifest v2, schema 1: layers are bare digests, and the config lives in the manifest. */
function addSchema1Layers(blobs: Map<Digest, BlobReference>, manifest: Json): void {
  for (const layer of listOf(manifest, 'fsLayers')) {
    const digest = parseDigest(textOf(layer, 'blobSum') ?? '')
    if (!digest) throw new NotAManifest('Invalid digest in fsLayers')
    if (!blobs.has(digest)) blobs.set(digest, { digest, mediaType: undefined, size: 0, isForeign: false })
  }
}

function digestIn(descriptor: Json): Digest {
  const text = textOf(descriptor, 'digest') ?? ''
  const digest = parseDigest(text)
  if (!digest) throw new NotAManifest(`Invalid digest '${text}' in a descriptor`)
  return digest
}

function annotationsOf(manifest: Json): Record<string, string> | undefined {
  const annotations = objectOf(manifest, 'annotations')
  if (!annotations) return undefined
  const texts = Object.entries(annotations).filter(([, value]) => typeof value === 'string')
  return texts.length === 0 ? undefined : (Object.fromEntries(texts) as Record<string, string>)
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textOf(object: Json, member: string): string | undefined {
  const value = object[member]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw new NotAManifest(`Member '${member}' must be a string`)
  return value
}

function objectOf(object: Json, member: string): Json | undefined {
  const value = object[member]
  if (value === undefined || value === null) return undefined
  if (!isObject(value)) throw new NotAManifest(`Member '${member}' must be an object`)
  return value
}

function listOf(object: Json, member: string): readonly Json[] {
  const value = object[member]
  if (value === undefined || value === null) return []
  if (!Array.isArray(value) || !value.every(isObject))
    throw new NotAManifest(`Member '${member}' must be a list of objects`)
  return value
}
