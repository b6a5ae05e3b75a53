import type { IncomingMessage } from 'node:http'
import { appendPart, type Part } from '../domain/append-part.ts'
import { cancelUpload } from '../domain/cancel-upload.ts'
import { completeUpload } from '../domain/complete-upload.ts'
import { isRefused } from '../domain/errors.ts'
import { findUpload, type UploadReference } from '../domain/find-upload.ts'
import { algorithmOf, type Digest, type DigestAlgorithm } from '../rules/digest.ts'
import { hasBody, wholeBody } from '../rules/request-body.ts'
import { RegistryError } from './errors.ts'
import {
  bytesOf,
  digestToPush,
  type Exchange,
  enter,
  linkTo,
  refuseMethod,
  sendEmpty,
  targetOf,
} from './exchange.ts'
import { API_VERSION } from './headers.ts'
import { parseContentRange } from './request.ts'

/** What somebody must be let in to do who opens an upload, adds to it, and ends it. */
export const [BEGIN, APPEND, END] = [
  'ecr:InitiateLayerUpload',
  'ecr:UploadLayerPart',
  'ecr:CompleteLayerUpload',
]

/** end-5, end-6, end-13, end-14: a chunk, the end, the state, or the cancelling of an upload. */
export async function answerUpload(exchange: Exchange, name: string, uploadId: string): Promise<void> {
  const { request, registry } = exchange
  const upload = { registry, repositoryName: name, uploadId }
  switch (request.method) {
    case 'PATCH':
      await enter(exchange, APPEND, name)
      return appendChunk(exchange, upload)
    case 'PUT':
      await enter(exchange, hasBody(request.headers) ? [APPEND, END] : END, name)
      return endUpload(exchange, upload)
    case 'GET':
    case 'HEAD':
      await enter(exchange, APPEND, name)
      return describeUpload(exchange, upload)
    case 'DELETE':
      await enter(exchange, END, name)
      return removeUpload(exchange, upload)
    default:
      refuseMethod(exchange, 'GET, HEAD, PATCH, PUT, DELETE')
  }
}

async function appendChunk(exchange: Exchange, upload: UploadReference): Promise<void> {
  const received = await receive(exchange, upload)
  // ECR answers 201 here and will not change it (dotnet/sdk-container-builds#279); the range that it tells
  // stays at the first chunk (containers-roadmap#2831).
  if (exchange.door.wire === 'spec') return sendProgress(exchange, 202, upload, received.total)
  sendProgress(exchange, 201, upload, received.firstPart)
}

async function endUpload(exchange: Exchange, upload: UploadReference): Promise<void> {
  const { domain, door, query, request } = exchange
  const digest = digestToPush(exchange, query.get('digest') ?? '', 'layerDigest')
  const hasPart = hasBody(request.headers)
  // ECR's rules are about parts that are noted.
  if (hasPart && door.wire === 'ecr') await receive(exchange, upload, algorithmOf(digest))
  const lastPart =
    hasPart && door.wire === 'spec' ? await partOf(exchange, upload, algorithmOf(digest)) : undefined
  try {
    await finish(exchange, upload, digest, lastPart)
  } catch (error) {
    // A body that came with the wrong digest can't be taken back: the upload ends, as in distribution.
    if (isRefused(error, 'LayerDigestMismatch')) await cancelUpload(domain, upload)
    throw inOrder(exchange, upload, error)
  }
}

/** The body of a request as the next chunk; what its headers say of it is held against it later. */
async function partOf(
  exchange: Exchange,
  upload: UploadReference,
  digestAlgorithm?: DigestAlgorithm,
): Promise<Part> {
  const { domain, request } = exchange
  const range = parseContentRange(request.headers['content-range'])
  if (range === null) {
    const { receivedBytes } = await domain.database.read((tx) => findUpload(tx, domain, upload))
    throw outOfOrder(exchange, upload, receivedBytes)
  }
  const { bytes, whole } = bodyOf(request)
  return {
    bytes,
    whole,
    firstByte: range?.first,
    length: range && range.last - range.first + 1,
    digestAlgorithm,
  }
}

/** What a request brings; RFC 9112 has no length told where it comes in chunks. */
export function bodyOf(request: IncomingMessage): Pick<Part, 'bytes' | 'whole'> {
  const length = request.headers['content-length']
  const size = length === undefined ? undefined : Number(length)
  return {
    bytes: bytesOf(request),
    // Node ends a body at the length that was told.
    whole:
      size === undefined ? undefined : { size, read: async () => (await wholeBody(request, size)) as Buffer },
  }
}

/** Takes the body of a request as the next chunk. */
async function receive(
  exchange: Exchange,
  upload: UploadReference,
  digestAlgorithm?: DigestAlgorithm,
): Promise<{ total: number; firstPart: number }> {
  const { domain, door } = exchange
  const part = await partOf(exchange, upload, digestAlgorithm)
  const before =
    door.wire === 'ecr' ? await domain.database.read((tx) => findUpload(tx, domain, upload)) : undefined
  try {
    const total = await appendPart(domain, upload, part)
    return { total, firstPart: before?.firstPartBytes || total }
  } catch (error) {
    throw inOrder(exchange, upload, error)
  }
}

/** A chunk out of its order as this door says it; any other error as it is. */
function inOrder(exchange: Exchange, upload: UploadReference, error: unknown): unknown {
  return isRefused(error, 'PartOutOfOrder') ? outOfOrder(exchange, upload, error.detail.receivedBytes) : error
}

/** distribution-spec, "Pushing a blob in chunks": 416, and the client may ask or is told where to go on. */
function outOfOrder(exchange: Exchange, upload: UploadReference, received: number): RegistryError {
  const message = `The chunk does not begin at byte ${received}, where the upload is`
  return new RegistryError('RANGE_INVALID', 416, message, progressHeaders(exchange, upload, received))
}

/** Makes an upload, with its last bytes if they come now, a blob, and answers so. */
export async function finish(
  exchange: Exchange,
  upload: UploadReference,
  digest: Digest,
  lastPart?: Part,
): Promise<void> {
  const checkParts = exchange.door.wire === 'ecr'
  await completeUpload(exchange.domain, upload, {
    digests: [digest],
    digestAlgorithm: algorithmOf(digest),
    checkParts,
    existing: 'accept',
    lastPart,
  })
  sendCreated(exchange, upload.repositoryName, digest)
}

async function describeUpload(exchange: Exchange, upload: UploadReference): Promise<void> {
  const { receivedBytes } = await exchange.domain.database.read((tx) =>
    findUpload(tx, exchange.domain, upload),
  )
  exchange.response.writeHead(204, { ...API_VERSION, ...progressHeaders(exchange, upload, receivedBytes) })
  exchange.response.end()
}

async function removeUpload(exchange: Exchange, upload: UploadReference): Promise<void> {
  await cancelUpload(exchange.domain, upload)
  exchange.response.writeHead(204, API_VERSION)
  exchange.response.end()
}

/** Answers how far an upload is, and where to send the rest. */
export function sendProgress(
  exchange: Exchange,
  status: number,
  upload: UploadReference,
  received: number,
): void {
  sendEmpty(exchange, status, progressHeaders(exchange, upload, received))
}

function progressHeaders(
  exchange: Exchange,
  upload: UploadReference,
  received: number,
): Record<string, string> {
  const { uploadId, repositoryName } = upload
  const headers: Record<string, string> = {
    Location: linkTo(exchange, `/v2/${repositoryName}/blobs/uploads/${uploadId}`),
    Range: `0-${Math.max(0, received - 1)}`,
  }
  // ECR has no Docker-Upload-UUID (distribution#2927).
  if (exchange.door.wire === 'spec') headers['Docker-Upload-UUID'] = uploadId
  return headers
}

/** Answers that a blob is there by now. */
export function sendCreated(exchange: Exchange, name: string, digest: Digest): void {
  sendEmpty(exchange, 201, {
    Location: targetOf(exchange, `/v2/${name}/blobs/${digest}`),
    'Docker-Content-Digest': digest,
  })
}
