import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TemporaryDirectory {
  readonly path: string
  remove(): Promise<void>
}

/** Directories that go with the process. */
const temporary = new Set<string>()

function removeAll(): void {
  for (const path of temporary) rmSync(path, { recursive: true, force: true })
}

/** A directory that is gone after `remove`, or with the process when nobody calls it. */
export async function temporaryDirectory(): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), 'ecr-local-'))
  // One listener for any number of servers: Node warns of an eleventh.
  if (temporary.size === 0) process.once('exit', removeAll)
  temporary.add(path)
  return {
    path,
    async remove() {
      await rm(path, { recursive: true, force: true })
      temporary.delete(path)
      if (temporary.size === 0) process.off('exit', removeAll)
    },
  }
}
