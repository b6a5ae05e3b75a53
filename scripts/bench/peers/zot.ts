import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { installedProgram, installedVersion, type Peer, whyMissing } from './peer.ts'

const PROGRAM = 'zot-minimal'

/** The registry without its extensions. The Go module proxy has no version of it, so it is there only if somebody built it. */
export const zot: Peer = {
  name: 'zot',
  doors: ['registry'],
  readyPath: '/v2/',
  durability: 'nothing, unless `storage.commit` is set (`fileWriter.Commit` in pkg/storage/local/driver.go)',
  missing: () =>
    whyMissing(PROGRAM) &&
    `the Go module proxy refuses every version of zotregistry.dev/zot/v2; its \`make binary-minimal\` belongs at bin/zot-minimal of the test clients`,
  version: () => installedVersion(PROGRAM),
  command(directory, port) {
    const configuration = join(directory, 'configuration.json')
    writeFileSync(
      configuration,
      JSON.stringify({
        distSpecVersion: '1.1.1',
        storage: { rootDirectory: join(directory, 'data') },
        http: { address: '127.0.0.1', port: String(port) },
        log: { level: 'info' },
      }),
    )
    return { program: installedProgram(PROGRAM), args: ['serve', configuration] }
  },
}
