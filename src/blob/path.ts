import { join } from 'node:path'
import { algorithmOf, type Digest, type DigestAlgorithm, hexOf } from '../rules/digest.ts'

/*
 * The data directory:
 *
 *   lock                                  held while a server has the directory (../store/)
 *   metadata.sqlite                       what there is, and whose, and small blobs (../store/)
 *   blobs/<algorithm>/<2 hex>/<hex>       any other blob, whole or absent; sha256 or sha512
 *   uploads/<uuid>                        bytes of an upload that is not complete
 *   tls/                                  the CA of --tls (../server/tls/)
 */

/** Where the metadata lies. */
export function metadataFile(dataDirectory: string): string {
  return join(dataDirectory, 'metadata.sqlite')
}

/** The directory that holds the blobs whose digests are of an algorithm. */
export function blobsDirectory(dataDirectory: string, algorithm: DigestAlgorithm): string {
  return join(dataDirectory, 'blobs', algorithm)
}

/** The directory that holds a blob. */
export function blobDirectory(dataDirectory: string, digest: Digest): string {
  return join(blobsDirectory(dataDirectory, algorithmOf(digest)), hexOf(digest).slice(0, 2))
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
