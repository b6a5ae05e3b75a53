import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { SMALL_BLOB_BYTES } from '../blob/blob-store.ts'
import { deleteLayer } from '../domain/delete-layer.ts'
import { type Domain, findRepository, type RepositoryReference } from '../domain/domain.ts'
import { findLayer, layerUnknown } from '../domain/find-layer.ts'
import { layersInPlace } from '../domain/layers-in-place.ts'
import { bytesOfImport, pullLayer } from '../domain/pull-layer.ts'
import { importEnded } from '../domain/pull-through.ts'
import type { Digest } from '../rules/digest.ts'
import type { Layer } from '../store/database.ts'
import { entityTagOf, isKnown, isPartWanted, sendNotModified } from './entity-tag.ts'
import { RegistryError } from './errors.ts'
import { digestToFind, type Exchange, enter, refuseMethod, sendEmpty } from './exchange.ts'
import { API_VERSION } from './headers.ts'
import { type Answer, isConditional } from './repeated-answers.ts'
import { parseRange } from './request.ts'
import { sendPieces } from './send-pieces.ts'

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
  const { domain, request } = exchange
  const isHead = request.method === 'HEAD'
  const reference = await enter(
    exchange,
    isHead ? 'ecr:BatchCheckLayerAvailability' : 'ecr:GetDownloadUrlForLayer',
    name,
  )
  const digest = digestToFind(exchange, digestText, 'layerDigest')
  if (!digest) throw layerUnknown(reference, digestText)
  const layer = isHead
    ? await layerInPlace(domain, reference, digest)
    : await ownLayer(domain, reference, digest)
  if (layer?.isArchived) throw layerUnknown(reference, digest)
  if (!layer) {
    if (isHead) throw layerUnknown(reference, digest)
    return sendPulled(exchange, reference, digest)
  }
  await sendLayer(exchange, reference, layer)
}

/** What somebody asks for who may push it; what an import is to bring is waited for. */
async function layerInPlace(
  domain: Domain,
  reference: RepositoryReference,
  digest: Digest,
): Promise<Layer | undefined> {
  const find = async (): Promise<Layer | undefined> =>
    (await layersInPlace(domain, reference, [digest])).get(digest)
  const layer = await find()
  if (layer || !domain.imports.isUnderWay(reference)) return layer
  await domain.imports.settle(reference)
  return find()
}

function ownLayer(
  { database }: Domain,
  reference: RepositoryReference,
  digest: Digest,
): Promise<Layer | undefined> {
  return database.read(async (tx) => {
    const { id } = await findRepository(tx, reference)
    return tx.layers.find(id, digest)
  })
}

/** ECR sends clients to a signed URL of its storage. */
async function sendLayer(exchange: Exchange, reference: RepositoryReference, layer: Layer): Promise<void> {
  const { domain, door, request, response, host, origin } = exchange
  if (door.wire === 'ecr' && request.method !== 'HEAD')
    return sendEmpty(exchange, 307, {
      Location: `${origin}${door.layerUrl({ ...reference, digest: layer.digest }, host)}`,
    })
  const { digest, sizeInBytes: size } = layer
  const isSmall = request.method === 'HEAD' || size <= SMALL_BLOB_BYTES
  if (!isSmall || isConditional(request)) return sendBlob(domain, request, response, reference, layer)
  if (request.method === 'HEAD') return exchange.answer({ headers: headersOf(digest, size) })
  const body = await bytesOfBlob(domain, reference, layer)
  exchange.answer({ headers: headersOf(digest, size), body })
}

function headersOf(digest: Digest, size: number): Answer['headers'] {
  return {
    'Content-Type': 'application/octet-stream',
    'Content-Length': size,
    'Docker-Content-Digest': digest,
    ETag: entityTagOf(digest),
    'Accept-Ranges': 'bytes',
  }
}

/** @throws Refused LayerUnknown */
async function bytesOfBlob(
  { blobs }: Domain,
  reference: RepositoryReference,
  { digest, sizeInBytes }: Layer,
): Promise<Uint8Array | undefined> {
  if (sizeInBytes === 0) return undefined
  const blob = await blobs.open(digest)
  // Its repository was deleted, and a sweep came, since the layer was found.
  if (!blob) throw layerUnknown(reference, digest)
  try {
    const body = Buffer.allocUnsafe(sizeInBytes)
    for (let position = 0; position < sizeInBytes; ) {
      const count = await blob.read(position, body.subarray(position))
      if (count === 0) throw new Error(`The blob ${digest} was cut short`)
      position += count
    }
    return body
  } finally {
    await blob.close()
  }
}

/** A blob that comes from an upstream, as fast as it comes; a range of it, or a link to it, when it is here. */
async function sendPulled(exchange: Exchange, reference: RepositoryReference, digest: Digest): Promise<void> {
  const { domain, door, caller, request, response } = exchange
  const pulled = await pullLayer(domain, { caller, repository: reference }, digest)
  if (!pulled) throw layerUnknown(reference, digest)
  if (door.wire === 'ecr' || request.headers.range !== undefined) {
    await importEnded(pulled)
    const layer = await domain.database.read((tx) => findLayer(tx, reference, digest))
    return sendLayer(exchange, reference, layer)
  }
  const { sizeInBytes } = await pulled.begun
  // Not sent before there are bytes: until then, it can become an error.
  response.statusCode = 200
  response.setHeaders(new Map(Object.entries(API_VERSION)))
  response.setHeader('Content-Type', 'application/octet-stream')
  if (sizeInBytes !== undefined) response.setHeader('Content-Length', sizeInBytes)
  response.setHeader('Docker-Content-Digest', digest)
  await pipeline(bytesOfImport(pulled), response)
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
  const entityTag = entityTagOf(digest)
  if (isKnown(request, entityTag)) return sendNotModified(response, digest)
  // RFC 9110, 14.2: a range is for GET alone.
  const isPart = request.method === 'GET' && isPartWanted(request, entityTag)
  const range = isPart ? parseRange(request.headers.range, size) : undefined
  if (range === null)
    throw new RegistryError('RANGE_INVALID', 416, 'No byte of the range is in the blob', {
      'Content-Range': `bytes */${size}`,
    })
  const hasBody = request.method !== 'HEAD' && size > 0
  const blob = hasBody ? await blobs.open(digest) : undefined
  // Its repository was deleted, and a sweep came, since the layer was found.
  if (hasBody && !blob) throw layerUnknown(reference, digest)
  try {
    response.writeHead(range ? 206 : 200, {
      ...API_VERSION,
      ...headersOf(digest, range ? range.last - range.first + 1 : size),
      ...(range && { 'Content-Range': `bytes ${range.first}-${range.last}/${size}` }),
    })
    if (blob) await sendPieces(blob, range ?? { first: 0, last: size - 1 }, response)
    else response.end()
  } finally {
    await blob?.close()
  }
}

/** Blobs are not deleted at ECR's door: there, images are, and their layers follow. */
async function removeBlob(exchange: Exchange, name: string, digestText: string): Promise<void> {
  if (exchange.door.wire === 'ecr') refuseMethod(exchange, 'GET, HEAD')
  const reference = await enter(exchange, 'ecr:BatchDeleteImage', name)
  const digest = digestToFind(exchange, digestText, 'layerDigest')
  if (!digest) throw layerUnknown(reference, digestText)
  await deleteLayer(exchange.domain, reference, digest)
  sendEmpty(exchange, 202, {})
}
