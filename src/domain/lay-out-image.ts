import { createWriteStream } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { ManifestBytes } from '../rules/convert-manifest.ts'
import { algorithmOf, type Digest, hexOf } from '../rules/digest.ts'
import { readManifest } from '../rules/manifest.ts'
import type { Domain } from './domain.ts'

/**
 * Writes an image into an empty directory as an OCI image layout. Layers that lie elsewhere (image-spec,
 * non-distributable layers) are left out.
 *
 * @see https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export async function layOutImage(
  { blobs }: Domain,
  digest: Digest,
  { bytes, mediaType }: ManifestBytes,
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  await writeFile(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  const manifests = [{ mediaType, digest, size: bytes.length }]
  await writeFile(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }))
  await writeFile(await fileFor(directory, digest), bytes)
  for (const blob of readManifest(bytes, mediaType).blobs) {
    signal.throwIfAborted()
    const source = await blobs.read(blob.digest)
    if (source) await pipeline(source, createWriteStream(await fileFor(directory, blob.digest)), { signal })
  }
}

async function fileFor(directory: string, digest: Digest): Promise<string> {
  const file = join(directory, 'blobs', algorithmOf(digest), hexOf(digest))
  await mkdir(dirname(file), { recursive: true })
  return file
}
