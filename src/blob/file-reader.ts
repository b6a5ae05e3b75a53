import type { FileHandle } from 'node:fs/promises'
import type { BlobReader } from './blob-store.ts'

/** Reads an open file, and closes it in the end. */
export function fileReader(file: FileHandle): BlobReader {
  return {
    read: async (position, into) => (await file.read(into, 0, into.length, position)).bytesRead,
    close: () => file.close(),
  }
}
