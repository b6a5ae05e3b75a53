import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { dataDirectory } from '../support/data-directory.ts'
import { launch, run } from '../support/program.ts'

const directory = dataDirectory()
const isMounted = mount('size=8m')
// Before what removes the directory.
afterAll(() => isMounted && execFileSync('umount', [directory.path]))

/** Only root may mount a small file system. */
function mount(options: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory.path], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe.skipIf(!isMounted)(
  `a disk that may only be read${isMounted ? '' : ' (needs the right to mount)'}`,
  () => {
    const turn = (mode: 'ro' | 'rw') => mount(`remount,${mode}`)

    it('takes no new data directory', async () => {
      turn('ro')
      const { code, stderr } = await run(['--port', '0', '--data-dir', directory.path])
      expect([code, stderr]).toEqual([
        1,
        `ecr-local: EROFS: read-only file system, open '${join(directory.path, 'lock')}'; choose a writable directory with --data-dir\n`,
      ])
      expect(readdirSync(directory.path)).toEqual([])
    })

    it('serves no data directory that was filled before, and leaves it as it is', async () => {
      turn('rw')
      await (await launch(['--data-dir', directory.path])).stop()
      const files = readdirSync(directory.path)
      turn('ro')
      const { code, stderr } = await run(['--port', '0', '--data-dir', directory.path])
      expect([code, stderr]).toEqual([
        1,
        `ecr-local: ${join(directory.path, 'metadata.sqlite')} cannot be used: unable to open database file; it and its directory must be writable\n`,
      ])
      expect(readdirSync(directory.path)).toEqual(files)
    })
  },
)
