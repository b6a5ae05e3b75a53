import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { connectionOf } from '../domain/connection.ts'
import { callerOf } from '../domain/domain.ts'
import { ConnectionCut, suffer } from '../domain/suffer.ts'
import { callEcr, type EcrDoor, ecrException, type Reachable } from '../ecr/door.ts'
import type { SignedRequest } from '../protocol/canonical-request.ts'
import { entityTooLarge, serializationError, unknownOperation } from '../protocol/errors.ts'
import { encodeError, encodeJson, JSON_1_1 } from '../protocol/json.ts'
import { hasGone, wholeBody } from '../rules/request-body.ts'
import { type PrincipalSource, principalOf } from './callers.ts'

/** A part of 20 MiB, the model's bound, is 28 MB as base64 in JSON. */
const BODY_LIMIT_BYTES = 32 * 1024 * 1024

/** What calls of ECR need. */
export interface EcrCalls {
  readonly ecr: EcrDoor
  readonly principals: PrincipalSource
  /** How the sender of a request reaches the registries. */
  readonly reachable: (request: IncomingMessage) => Reachable
  readonly onFault: (error: unknown) => void
}

/** Answers a call of ECR. Never rejects. */
export async function answerEcr(
  door: EcrCalls,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('x-amzn-RequestId', randomUUID())
  try {
    const body = await bodyOf(request)
    const contentType = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
    // AWS's front end finds the protocol by the content type; JSON of another version is another protocol.
    if (contentType !== JSON_1_1) throw unknownOperation()
    const principal = await principalOf(door.principals, signedRequest(request, body), 'ecr')
    const { registryHost, registryUrl, layerUrl } = door.reachable(request)
    const output = await callEcr(door.ecr, {
      target: request.headers['x-amz-target'] as string | undefined,
      body,
      caller: callerOf(principal, connectionOf(request.socket)),
      suffer: (fault) => suffer(fault, request.socket),
      registryHost,
      registryUrl,
      layerUrl,
    })
    sendJson(response, 200, encodeJson(output))
  } catch (error) {
    sendException(door, request, response, error)
  }
}

/** @throws FrameworkError for a body that is too large, or compressed, which neither model asks clients to do */
export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const body = await wholeBody(request, BODY_LIMIT_BYTES)
  if (!body) throw entityTooLarge(BODY_LIMIT_BYTES)
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  // A guess: AWS's reader would find no JSON in it; ours says why. `aws-chunked` is of S3 alone.
  if (encoding !== 'identity') throw serializationError(`Content-Encoding '${encoding}' is not supported`)
  return body
}

/** Signed for the host that is settled on: where a whole URL names it, the header may have another. */
export function signedRequest(request: IncomingMessage, body: Buffer): SignedRequest {
  const { method = '', url = '', headers, headersDistinct } = request
  const { host = '' } = headers
  return { method, url, headers: Object.assign(headersDistinct, { host: [host] }), body }
}

function sendException(
  door: EcrCalls,
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
): void {
  if (error instanceof ConnectionCut) {
    response.destroy()
    return
  }
  const exception = ecrException(error)
  if (!exception) {
    if (hasGone(request)) return
    door.onFault(error)
    sendJson(
      response,
      500,
      encodeError('ServerException', 'These errors are usually caused by a server-side issue.'),
    )
    return
  }
  const { name, message, status, members } = exception
  response.setHeader('x-amzn-ErrorType', name)
  sendJson(response, status, encodeError(name, message, members))
}

/** Sends JSON as AWS's services do. */
export function sendJson(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'Content-Type': JSON_1_1, 'Content-Length': Buffer.byteLength(body) })
  response.end(body)
}
