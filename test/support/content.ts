import { createHash, randomBytes } from 'node:crypto'
import {
  CompleteLayerUploadCommand,
  CreateRepositoryCommand,
  type ECRClient,
  InitiateLayerUploadCommand,
  PutImageCommand,
  UploadLayerPartCommand,
  type UploadLayerPartCommandOutput,
} from '@aws-sdk/client-ecr'
import { OCI_CONFIG, OCI_INDEX, OCI_MANIFEST } from '../../src/rules/media-types.ts'

export function sha256(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

export function sha512(bytes: Uint8Array | string): string {
  return `sha512:${createHash('sha512').update(bytes).digest('hex')}`
}

let counter = 0

/** A name that no other test of the file uses. */
export function aName(prefix = 'repository'): string {
  counter += 1
  return `${prefix}-${counter}-${randomBytes(3).toString('hex')}`
}

/** Makes a repository and answers with its name. */
export async function aRepository(
  client: ECRClient,
  settings: Partial<ConstructorParameters<typeof CreateRepositoryCommand>[0]> = {},
): Promise<string> {
  const { repositoryName = aName(), ...others } = settings
  await client.send(new CreateRepositoryCommand({ repositoryName, ...others }))
  return repositoryName
}

export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

export const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'

/** Opens an upload and answers with its id. */
export async function anUpload(client: ECRClient, repositoryName: string): Promise<string> {
  const { uploadId } = await client.send(new InitiateLayerUploadCommand({ repositoryName }))
  return uploadId as string
}

/** Sends bytes as the part that begins at `partFirstByte`. */
export function sendPart(
  client: ECRClient,
  repositoryName: string,
  uploadId: string,
  bytes: Uint8Array,
  partFirstByte = 0,
): Promise<UploadLayerPartCommandOutput> {
  const partLastByte = partFirstByte + bytes.length - 1
  const part = { partFirstByte, partLastByte, layerPartBlob: bytes }
  return client.send(new UploadLayerPartCommand({ repositoryName, uploadId, ...part }))
}

/** Uploads bytes as a layer through the API. */
export async function aLayer(
  client: ECRClient,
  repositoryName: string,
  bytes: Uint8Array = randomBytes(64),
  mediaType = OCI_LAYER,
): Promise<Descriptor> {
  const digest = sha256(bytes)
  const uploadId = await anUpload(client, repositoryName)
  await sendPart(client, repositoryName, uploadId, bytes)
  await client.send(new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests: [digest] }))
  return { mediaType, digest, size: bytes.length }
}

export interface ManifestOptions {
  readonly mediaType?: string
  readonly configType?: string
  readonly artifactType?: string
  readonly subject?: Descriptor
  readonly annotations?: Record<string, string>
}

/** The text of an image manifest over the given layers. */
export function manifestText(
  config: Descriptor,
  layers: readonly Descriptor[],
  options: ManifestOptions = {},
): string {
  const { mediaType = OCI_MANIFEST, artifactType, subject, annotations } = options
  return JSON.stringify({ schemaVersion: 2, mediaType, artifactType, config, layers, subject, annotations })
}

export interface StoredManifest extends Descriptor {
  readonly text: string
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
}

/** Uploads a config and a layer, and puts an image of them; a new one at each call. */
export async function anImage(
  client: ECRClient,
  repositoryName: string,
  { imageTag, ...options }: ManifestOptions & { imageTag?: string | undefined } = {},
): Promise<StoredManifest> {
  const layer = await aLayer(client, repositoryName)
  const config = await aLayer(client, repositoryName, randomBytes(32), options.configType ?? OCI_CONFIG)
  const text = manifestText(config, [layer], options)
  await client.send(new PutImageCommand({ repositoryName, imageManifest: text, imageTag }))
  const mediaType = options.mediaType ?? OCI_MANIFEST
  return { mediaType, digest: sha256(text), size: text.length, text, config, layers: [layer] }
}

/** The text of an index over manifests. */
export function indexText(manifests: readonly Descriptor[], extra: object = {}): string {
  const descriptors = manifests.map(({ mediaType, digest, size }) => ({ mediaType, digest, size }))
  return JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: descriptors, ...extra })
}

/** Puts an index over manifests that are there. */
export async function anIndex(
  client: ECRClient,
  repositoryName: string,
  manifests: readonly Descriptor[],
  { imageTag, ...extra }: { imageTag?: string; artifactType?: string } = {},
): Promise<Descriptor & { text: string }> {
  const text = indexText(manifests, extra)
  await client.send(new PutImageCommand({ repositoryName, imageManifest: text, imageTag }))
  return { mediaType: OCI_INDEX, digest: sha256(text), size: text.length, text }
}
