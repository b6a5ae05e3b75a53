import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const directories = new Set<string>()

/** However this program ends, no directory outlives it. */
process.on('exit', () => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
})

export function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'ecr-local-bench-'))
  directories.add(directory)
  return directory
}

/** Removes it beside this program, which still hears Ctrl-C then: a hundred thousand files can take a minute. */
export async function removeDirectory(directory: string): Promise<void> {
  await promisify(execFile)('rm', ['-rf', directory])
  directories.delete(directory)
}
