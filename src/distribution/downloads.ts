import type { IncomingMessage, ServerResponse } from 'node:http'
import { isRefused } from '../domain/errors.ts'
import { findLayer } from '../domain/find-layer.ts'
import { sendBlob } from './blobs.ts'
import type { RegistryDoor } from './door.ts'
import { API_VERSION } from './headers.ts'

/**
 * A layer by the signed URL of GetDownloadUrlForLayer. The URL alone opens it: clients that repeat their
 * login here are not asked for it. Refusals are S3's, from where ECR's own links lead.
 */
export async function answerDownload(
  door: RegistryDoor,
  request: IncomingMessage,
  response: ServerResponse,
  host: string,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return refuse(request, response, 405, 'MethodNotAllowed', 'The specified method is not allowed')
  const opened = door.openLayerUrl(request.url ?? '', host)
  if (!opened)
    return refuse(request, response, 403, 'AccessDenied', 'The link is not signed here, or has expired')
  try {
    const layer = await door.domain.database.read((tx) => findLayer(tx, opened, opened.digest))
    await sendBlob(door.domain, request, response, opened, layer)
  } catch (error) {
    if (!isRefused(error, 'LayerUnknown') && !isRefused(error, 'RepositoryUnknown')) throw error
    refuse(request, response, 404, 'NoSuchKey', 'The specified key does not exist.')
  }
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
): void {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`
  response.writeHead(status, {
    ...API_VERSION,
    'Content-Type': 'application/xml',
    'Content-Length': Buffer.byteLength(body),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}
