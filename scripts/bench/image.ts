import { createHash, randomBytes } from 'node:crypto'

export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json'
export const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json'
const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar+gzip'

export interface Content {
  readonly bytes: Buffer
  readonly digest: string
}

export interface Image {
  readonly config: Content
  readonly layer: Content
  readonly manifest: Content
}

export function digestOf(bytes: Buffer | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

export function content(bytes: Buffer | string): Content {
  const buffer = Buffer.from(bytes)
  return { bytes: buffer, digest: digestOf(buffer) }
}

const noise = randomBytes(1024)

/** An image with a config and one layer of 1 KiB, that differs from one with any other label in all three. */
export function smallImage(label: string): Image {
  const layerBytes = Buffer.from(noise)
  layerBytes.write(label)
  const layer = content(layerBytes)
  const config = content(
    `{"architecture":"amd64","os":"linux","config":{"Labels":{"label":"${label}"}},"rootfs":{"type":"layers","diff_ids":["${layer.digest}"]}}`,
  )
  return { config, layer, manifest: manifestOver(config, layer) }
}

/** A manifest of a config and a layer; with another label it is another image of the same. */
export function manifestOver(config: Content, layer: Content, label?: string): Content {
  return content(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: { mediaType: CONFIG_TYPE, digest: config.digest, size: config.bytes.length },
      layers: [{ mediaType: LAYER_TYPE, digest: layer.digest, size: layer.bytes.length }],
      ...(label && { annotations: { label } }),
    }),
  )
}
