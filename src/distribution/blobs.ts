import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { deleteLayer } from '../domain/delete-layer.ts'
import type { Domain } from '../domain/domain.ts'
import { findLayer } from '../domain/find-layer.ts'
import type { Digest } from '../rules/digest.ts'
import { RegistryError } from './errors.ts'
import { digestOfText, type Exchange, enter, refuseMethod, sendEmpty } from './exchange.ts'
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
  const reference = enter(
    exchange,
    isHead ? 'ecr:BatchCheckLayerAvailability' : 'ecr:GetDownloadUrlForLayer',
    name,
  )
  const digest = digestOfText(digestText)
  const layer = await domain.database.read((tx) => findLayer(tx, reference, digest))
  // ECR sends clients to a signed URL of its storage.
  if (door.wire === 'ecr' && !isHead)
    return sendEmpty(exchange, 307, { Location: door.layerUrl({ ...reference, digest }, host) })
  await sendBlob(domain, request, response, digest, layer.sizeInBytes)
}

/** Sends a blob, or the range of it that is asked for; to a HEAD only what it is. */
export async function sendBlob(
  { blobs }: Domain,
  request: IncomingMessage,
  response: ServerResponse,
  digest: Digest,
  size: number,
): Promise<void> {
  const range = parseRange(request.headers.range, size)
  if (range === null)
    throw new RegistryError('RANGE_INVALID', 416, 'No byte of the range is in the blob', {
      'Content-Range': `bytes */${size}`,
    })
  response.statusCode = range ? 206 : 200
  response.setHeader('Content-Type', 'application/octet-stream')
  response.setHeader('Content-Length', range ? range.last - range.first + 1 : size)
  response.setHeader('Docker-Content-Digest', digest)
  response.setHeader('ETag', `"${digest}"`)
  response.setHeader('Accept-Ranges', 'bytes')
  if (range) response.setHeader('Content-Range', `bytes ${range.first}-${range.last}/${size}`)
  if (request.method === 'HEAD' || size === 0) {
    response.end()
    return
  }
  await pipeline(blobs.read(digest, range), response)
}

/** Blobs are not deleted at ECR's door: there, images are, and their layers follow. */
async function removeBlob(exchange: Exchange, name: string, digestText: string): Promise<void> {
  if (exchange.door.wire === 'ecr') refuseMethod(exchange, 'GET, HEAD')
  const reference = enter(exchange, 'ecr:BatchDeleteImage', name)
  await deleteLayer(exchange.domain, reference, digestOfText(digestText))
  sendEmpty(exchange, 202, {})
}
