import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { File } from './settings.ts'

/** What tells our files from those of others. TOML, YAML and readers of PEM pass over it. */
const MARK = '# Written by ecr-local setup, which replaces this file when it is run again.\n'

/** Somebody else's file is where one of ours would go. Nothing was written. */
export class InTheWay extends Error {
  override readonly name = 'InTheWay'
  readonly files: readonly File[]

  constructor(files: readonly File[]) {
    super('Files of somebody else are there')
    this.files = files
  }
}

/**
 * Writes files, each whole; none at all if one of them would replace what is not ours.
 *
 * @throws InTheWay
 */
export async function writeFiles(files: readonly File[]): Promise<void> {
  const there = await Promise.all(files.map(({ path }) => readIfThere(path)))
  const inTheWay = files.filter(({ content }, index) => {
    const existing = there[index]
    return existing !== undefined && existing !== content && !existing.startsWith(MARK)
  })
  if (inTheWay.length > 0) throw new InTheWay(inTheWay)
  for (const { path, content } of files) {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(`${path}.new`, `${MARK}${content}`)
    await rename(`${path}.new`, path)
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
