import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { deleteLayer } from '../domain/delete-layer.ts'
import type { Domain, RepositoryReference } from '../domain/domain.ts'
import { findLayer, layerUnknown } from '../domain/find-layer.ts'
import { layersInPlace } from '../domain/layers-in-place.ts'
import type { Layer } from '../store/database.ts'
import { RegistryError } from './errors.ts'
import { digestToFind, type Exchange, enter, linkTo, refuseMethod, sendEmpty } from './exchange.ts'
import { parseRange } from './request.ts'

/** end-2, end-10: a blob of a repository. */
export async function answerBlob(exchange: Exchange, name: string, digestText: string): Promise<void> {
  switch (exchange.request.method) {
    case 'HEAD':
    case 'GET':
      return readBlob(exchange, name, digestText)
    case 'DELETE':
      return removeBlob(exchange, name, digestText)
    default:
      refuseMethod(exchange, 'GET, HEAD, DELETE')
  }
}

async function readBlob(exchange: Exchange, name: string, digestText: string): Promise<void> {
  const { domain, door, request, response, host } = exchange
  const isHead = request.method === 'HEAD'
  const reference = await enter(
    exchange,
    isHead ? 'ecr:BatchCheckLayerAvailability' : 'ecr:GetDownloadUrlForLayer',
    name,
  )
  const digest = digestToFind(digestText)
  if (!digest) throw layerUnknown(reference, digestText)
  const layer = isHead
    ? (await layersInPlace(domain, reference, [digest])).get(digest)
    : await domain.database.read((tx) => findLayer(tx, reference, digest))
  if (!layer) throw layerUnknown(reference, digest)
  // ECR sends clients to a signed URL of its storage.
  if (door.wire === 'ecr' && !isHead)
    return sendEmpty(exchange, 307, {
      Location: linkTo(exchange, door.layerUrl({ ...reference, digest }, host)),
    })
  await sendBlob(domain, request, response, reference, layer)
}

/**
 * Sends a blob, or the range of it that is asked for; to a HEAD only what it is.
 *
 * @throws Refused LayerUnknown
 */
export async function sendBlob(
  { blobs }: Domain,
  request: IncomingMessage,
  response: ServerResponse,
  reference: RepositoryReference,
  { digest, sizeInBytes: size }: Layer,
): Promise<void> {
  // RFC 9110, 14.2: a range is for GET alone.
  const range = request.method === 'GET' ? parseRange(request.headers.range, size) : undefined
  if (range === null)
    throw new RegistryError('RANGE_INVALID', 416, 'No byte of the range is in the blob', {
      'Content-Range': `bytes */${size}`,
    })
  const hasBody = request.method !== 'HEAD' && size > 0
  // Where it ends is told, so that small blobs need no large buffer, nor a read that finds the end.
  const bytes = hasBody ? await blobs.read(digest, range ?? { first: 0, last: size - 1 }) : undefined
  // Its repository was deleted, and a sweep came, since the layer was found.
  if (hasBody && !bytes) throw layerUnknown(reference, digest)
  response.statusCode = range ? 206 : 200
  response.setHeader('Content-Type', 'application/octet-stream')
  response.setHeader('Content-Length', range ? range.last - range.first + 1 : size)
  response.setHeader('Docker-Content-Digest', digest)
  response.setHeader('ETag', `"${digest}"`)
  response.setHeader('Accept-Ranges', 'bytes')
  if (range) response.setHeader('Content-Range', `bytes ${range.first}-${range.last}/${size}`)
  if (bytes) await pipeline(bytes, response)
  else response.end()
}

/** Blobs are not deleted at ECR's door: there, images are, and their layers follow. */
async function removeBlob(exchange: Exchange, name: string, digestText: string): Promise<void> {
  if (exchange.door.wire === 'ecr') refuseMethod(exchange, 'GET, HEAD')
  const reference = await enter(exchange, 'ecr:BatchDeleteImage', name)
  const digest = digestToFind(digestText)
  if (!digest) throw layerUnknown(reference, digestText)
  await deleteLayer(exchange.domain, reference, digest)
  sendEmpty(exchange, 202, {})
}
