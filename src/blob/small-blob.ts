import { closeSync, fdatasync, open, renameSync, rmSync, writeSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { Digest } from '../rules/digest.ts'
import { isDiskFull } from '../rules/disk-full.ts'
import { UploadBytesMissing } from './blob-store.ts'
import type { DiskOptions } from './disk.ts'
import { blobFile, uploadFile } from './path.ts'
import { presenceIn } from './presence.ts'

const [openFile, datasync] = [promisify(open), promisify(fdatasync)]

/**
 * Makes a few bytes a blob, by the way that an upload takes: written, synced, moved. What the file system is slow at, to
 * make a file and to sync it, goes to another thread; to hand over the rest would take longer than to do it.
 *
 * @param directory that the blob is to lie in
 * @throws UploadBytesMissing when the upload is discarded meanwhile; what the disk says when it is full, and nothing is
 *   left of the bytes then
 */
export async function storeSmallBlob(
  { dataDirectory, durable }: DiskOptions,
  directory: FileHandle,
  { uploadId, bytes, digest }: { uploadId: string; bytes: Uint8Array; digest: Digest },
): Promise<void> {
  const ifPresent = presenceIn(dataDirectory)
  const file = uploadFile(dataDirectory, uploadId)
  const descriptor = await ifPresent(openFile(file, 'w', 0o600))
  if (descriptor === undefined) throw new UploadBytesMissing()
  try {
    for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written)
    if (durable) await datasync(descriptor)
  } catch (error) {
    if (isDiskFull(error)) rmSync(file, { force: true })
    throw error
  } finally {
    closeSync(descriptor)
  }
  const isMoved = await ifPresent(moveAtOnce(file, blobFile(dataDirectory, digest)))
  if (!isMoved) throw new UploadBytesMissing()
  // Makes the name outlast a loss of power, as POSIX wants it for a rename.
  if (durable) await directory.sync()
}

async function moveAtOnce(from: string, to: string): Promise<true> {
  renameSync(from, to)
  return true
}
