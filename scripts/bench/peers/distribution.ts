import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Content } from '../image.ts'
import { installedProgram, installedVersion, type Peer, whyMissing } from './peer.ts'

/** The CNCF's registry, with the cache in memory that its own configuration has. */
export const distribution: Peer = {
  name: 'distribution',
  doors: ['registry'],
  readyPath: '/v2/',
  durability:
    'each file (`fsync`) and, of small ones, the directory (`fileWriter.Commit`, `PutContent` in registry/storage/driver/filesystem/driver.go)',
  missing: () => whyMissing('distribution'),
  version: () => installedVersion('distribution'),
  command(directory, port) {
    const configuration = join(directory, 'configuration.yml')
    const lines = [
      'version: 0.1',
      'storage:',
      '  cache:',
      '    blobdescriptor: inmemory',
      '  filesystem:',
      `    rootdirectory: ${join(directory, 'data')}`,
      'http:',
      `  addr: 127.0.0.1:${port}`,
    ]
    writeFileSync(configuration, `${lines.join('\n')}\n`)
    return { program: installedProgram('distribution'), args: ['serve', configuration] }
  },
  /** The tree that registry/storage/paths.go draws. */
  fill(directory, { repositoryName, config, layer, tags, manifestOf }) {
    const root = join(directory, 'data/docker/registry/v2')
    const repository = join(root, 'repositories', repositoryName)
    const storeBlob = ({ digest, bytes }: Content): void => {
      const hex = hexOf(digest)
      write(join(root, 'blobs/sha256', hex.slice(0, 2), hex, 'data'), bytes)
    }
    for (const blob of [config, layer]) {
      storeBlob(blob)
      write(join(repository, '_layers/sha256', hexOf(blob.digest), 'link'), blob.digest)
    }
    for (const tag of tags) {
      const manifest = manifestOf(tag)
      const hex = hexOf(manifest.digest)
      storeBlob(manifest)
      write(join(repository, '_manifests/revisions/sha256', hex, 'link'), manifest.digest)
      write(join(repository, '_manifests/tags', tag, 'current/link'), manifest.digest)
      write(join(repository, '_manifests/tags', tag, 'index/sha256', hex, 'link'), manifest.digest)
    }
  },
}

function hexOf(digest: string): string {
  return digest.slice('sha256:'.length)
}

function write(file: string, bytes: Buffer | string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, bytes)
}
