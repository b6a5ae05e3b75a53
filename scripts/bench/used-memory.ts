import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { MEBIBYTE } from './large-blob.ts'

/** What a round of large pushes fills of the page cache, and half as much again for what else is in use. */
const MEBIBYTES = 384

/**
 * Makes the memory that is given out next memory that was in use a moment ago. A virtual machine has to ask its host
 * for what it never used, or has given back, page by page: to write 256 MiB took 640 ms so and 50 ms otherwise, and
 * whose round it fell into was chance.
 */
export function reuseMemory(directory: string): void {
  const file = join(directory, 'bench-memory')
  const piece = Buffer.alloc(MEBIBYTE)
  const descriptor = openSync(file, 'w')
  try {
    for (let index = 0; index < MEBIBYTES; index += 1) writeSync(descriptor, piece)
  } finally {
    closeSync(descriptor)
    rmSync(file)
  }
}
