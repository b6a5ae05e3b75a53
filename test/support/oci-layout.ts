import { gzipSync } from 'node:zlib'
import { OCI_CONFIG, OCI_INDEX, OCI_MANIFEST } from '../../src/rules/media-types.ts'
import { type Descriptor, manifestText, OCI_LAYER, sha256 } from './content.ts'
import type { RegistryClient } from './registry.ts'
import type { User } from './user.ts'

export interface LaidOutImage extends Descriptor {
  readonly platform: { readonly os: string; readonly architecture: string }
  readonly text: string
  readonly layer: Descriptor
  readonly config: Descriptor
}

export interface Layout extends Descriptor {
  readonly text: string
  readonly images: readonly LaidOutImage[]
}

/**
 * An image of one file as a build leaves it in a directory (image-spec, "Image Layout"), or an index when it is
 * for several architectures.
 */
export async function anOciLayout(
  user: User,
  directory: string,
  architectures: readonly string[] = ['amd64'],
  fileSizeInBytes = 3000,
): Promise<Layout> {
  async function blob(mediaType: string, bytes: Uint8Array | string): Promise<Descriptor> {
    const digest = sha256(bytes)
    await user.write(`${directory}/blobs/${digest.replace(':', '/')}`, bytes)
    return { mediaType, digest, size: Buffer.byteLength(bytes) }
  }

  async function image(architecture: string): Promise<LaidOutImage> {
    await user.sh(
      `head -c ${fileSizeInBytes} /dev/urandom | base64 > random.txt && tar -cf layer.tar random.txt`,
    )
    const tar = await user.read('layer.tar')
    const layer = await blob(OCI_LAYER, gzipSync(tar))
    const platform = { os: 'linux', architecture }
    const rootfs = { type: 'layers', diff_ids: [sha256(tar)] }
    const config = await blob(OCI_CONFIG, JSON.stringify({ ...platform, config: {}, rootfs }))
    const text = manifestText(config, [layer])
    return { ...(await blob(OCI_MANIFEST, text)), platform, text, layer, config }
  }

  const images: LaidOutImage[] = []
  for (const architecture of architectures) images.push(await image(architecture))
  const [first] = images
  if (!first) throw new Error('An image is for some architecture')
  const manifests = images.map(({ mediaType, digest, size, platform }) => ({
    mediaType,
    digest,
    size,
    platform,
  }))
  const index = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests })
  const root = images.length === 1 ? first : { ...(await blob(OCI_INDEX, index)), text: index }

  const { mediaType, digest, size, text } = root
  const annotations = { 'org.opencontainers.image.ref.name': 'latest' }
  const entries = [{ mediaType, digest, size, annotations }]
  await user.write(`${directory}/index.json`, JSON.stringify({ schemaVersion: 2, manifests: entries }))
  await user.write(`${directory}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}')
  return { mediaType, digest, size, text, images }
}

/** Pushes the images of a layout, each under its architecture, for a client that can't push one itself. */
export async function pushLayout(
  registry: RegistryClient,
  name: string,
  user: User,
  directory: string,
  { images }: Layout,
): Promise<void> {
  for (const { config, layer, text, platform } of images) {
    for (const { digest } of [config, layer])
      await registry.pushBlob(name, await user.read(`${directory}/blobs/${digest.replace(':', '/')}`))
    await registry.putManifest(name, platform.architecture, text)
  }
}
