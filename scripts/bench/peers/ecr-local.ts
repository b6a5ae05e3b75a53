import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fillRepository } from '../../../test/support/filled-repository.ts'
import { CONFIG_TYPE } from '../image.ts'
import type { Peer } from './peer.ts'

/**
 * A build of this program, by its dist/main.js, as a user starts it who wants to keep what is pushed. Another build can be
 * filled if its schema is this one or a newer one.
 */
export function ecrLocal(name: string, entry: string): Peer {
  const main = resolve(entry)
  return {
    name,
    doors: ['registry', 'api'],
    readyPath: '/_ecr-local/health',
    durability:
      'each blob that is a file (`fdatasync`) and its directory (`fsync`); the database, with small blobs (`fdatasync` of its WAL, once for all that was committed together)',
    makesRepositories: true,
    wantsLogin: true,
    missing: () => (existsSync(main) ? undefined : `there is no ${main}: npm run build`),
    version: () => execFileSync(process.execPath, [main, '--version'], { encoding: 'utf8' }).trim(),
    command: (directory, port) => ({
      program: process.execPath,
      args: [main, '--data-dir', directory, '--port', String(port)],
    }),
    async fill(directory, { repositoryName, tags, manifestOf }) {
      const now = Date.now()
      await fillRepository(directory, {
        registry: { accountId: '000000000000', region: 'us-east-1' },
        repositoryName,
        imageCount: tags.length,
        tagsOf: (index) => [tags[index] as string],
        manifestOf: (index) => manifestOf(tags[index] as string).bytes,
        artifactTypeOf: () => CONFIG_TYPE,
        pushedAt: (index) => now - tags.length + index,
      })
    },
  }
}
