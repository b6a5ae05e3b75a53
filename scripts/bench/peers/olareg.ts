import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Content, MANIFEST_TYPE } from '../image.ts'
import { installedProgram, installedVersion, type Peer, whyMissing } from './peer.ts'

/** A registry over an OCI image layout for each repository. */
export const olareg: Peer = {
  name: 'olareg',
  doors: ['registry'],
  readyPath: '/v2/',
  durability: 'nothing (no `Sync` in internal/store/dir.go)',
  missing: () => whyMissing('olareg'),
  version: () => installedVersion('olareg'),
  command: (directory, port) => ({
    program: installedProgram('olareg'),
    args: ['serve', '--addr', '127.0.0.1', '--port', String(port), '--dir', directory],
  }),
  /** An image layout, as image-layout.md of the OCI image specification has it. */
  fill(directory, { repositoryName, config, layer, tags, manifestOf }) {
    const layout = join(directory, repositoryName)
    const blobDirectory = join(layout, 'blobs/sha256')
    mkdirSync(blobDirectory, { recursive: true })
    const storeBlob = ({ digest, bytes }: Content): void =>
      writeFileSync(join(blobDirectory, digest.slice('sha256:'.length)), bytes)
    for (const blob of [config, layer]) storeBlob(blob)
    const manifests = tags.map((tag) => {
      const manifest = manifestOf(tag)
      storeBlob(manifest)
      return {
        mediaType: MANIFEST_TYPE,
        digest: manifest.digest,
        size: manifest.bytes.length,
        annotations: { 'org.opencontainers.image.ref.name': tag },
      }
    })
    writeFileSync(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
    writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }))
  },
}
