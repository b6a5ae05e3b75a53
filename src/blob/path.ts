import { join } from 'node:path'
import { type Digest, hexOf } from '../rules/digest.ts'

/*
 * The data directory:
 *
 *   lock                                  held while a server has the directory (../store/)
 *   metadata.sqlite                       what there is, and whose (../store/)
 *   blobs/sha256/<2 hex>/<64 hex>         a blob, whole or absent
 *   uploads/<uuid>                        bytes of an upload that is not complete
 */

/** Where the metadata lies. */
export function metadataFile(dataDirectory: string): string {
  return join(dataDirectory, 'metadata.sqlite')
}

export function blobsDirectory(dataDirectory: string): string {
  return join(dataDirectory, 'blobs', 'sha256')
}

/** The directory that holds a blob. */
export function blobDirectory(dataDirectory: string, digest: Digest): string {
  return join(blobsDirectory(dataDirectory), hexOf(digest).slice(0, 2))
}

export function blobFile(dataDirectory: string, digest: Digest): string {
  return join(blobDirectory(dataDirectory, digest), hexOf(digest))
}

export function uploadsDirectory(dataDirectory: string): string {
  return join(dataDirectory, 'uploads')
}

/** @param uploadId a UUID that this server made: it becomes part of a path */
export function uploadFile(dataDirectory: string, uploadId: string): string {
  return join(uploadsDirectory(dataDirectory), uploadId)
}
