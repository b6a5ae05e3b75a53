import { randomBytes } from 'node:crypto'
import { OCI_CONFIG, OCI_MANIFEST } from '../../src/rules/media-types.ts'
import { type Descriptor, manifestText, OCI_LAYER, type StoredManifest, sha512 } from './content.ts'
import type { RegistryClient } from './registry.ts'

/** Uploads bytes, a new blob at each call unless they are given, under their SHA-512. */
export async function pushSha512Blob(
  { send }: RegistryClient,
  name: string,
  bytes: Uint8Array = randomBytes(64),
  mediaType = OCI_LAYER,
): Promise<Descriptor> {
  const digest = sha512(bytes)
  const path = `/v2/${name}/blobs/uploads/?digest=${digest}`
  const response = await send(path, { method: 'POST', body: bytes })
  if (response.status !== 201) throw new Error(`POST blob: ${response.status} ${await response.text()}`)
  return { mediaType, digest, size: bytes.length }
}

/** Uploads a config and a layer and puts an image of them, all of whose digests, its own too, are of SHA-512. */
export async function pushSha512Image(
  client: RegistryClient,
  name: string,
  options: { subject?: Descriptor } = {},
): Promise<StoredManifest> {
  const layer = await pushSha512Blob(client, name)
  const config = await pushSha512Blob(client, name, randomBytes(32), OCI_CONFIG)
  const text = manifestText(config, [layer], options)
  const digest = sha512(text)
  const response = await client.putManifest(name, digest, text)
  if (response.status !== 201) throw new Error(`PUT manifest: ${response.status} ${await response.text()}`)
  return { mediaType: OCI_MANIFEST, digest, size: text.length, text, config, layers: [layer] }
}
