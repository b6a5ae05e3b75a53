import { randomUUID } from 'node:crypto'
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express'
import { connectionOf } from '../domain/connection.ts'
import { ConnectionCut, suffer } from '../domain/suffer.ts'
import { callEcr, type EcrDoor, ecrException, type Reachable } from '../ecr/door.ts'
import { readBody } from '../protocol/body.ts'
import type { SignedRequest } from '../protocol/canonical-request.ts'
import { queryOf, queryText } from '../protocol/credentials.ts'
import { FrameworkError, serializationError, unknownOperation } from '../protocol/errors.ts'
import { encodeError, encodeJson, JSON_1_1 } from '../protocol/json.ts'
import type { StsDoor } from '../sts/door.ts'
import { type PrincipalSource, principalOf } from './callers.ts'

/** A part of 20 MiB, the model's bound, is 28 MB as base64 in JSON. */
const BODY_LIMIT_BYTES = 32 * 1024 * 1024

/** What the AWS door is made of. */
export interface AwsDoor {
  readonly ecr: EcrDoor
  readonly sts: StsDoor
  readonly principals: PrincipalSource
  /** How the sender of a request reaches the registries. */
  readonly reachable: (request: Request) => Reachable
  readonly onFault: (error: unknown) => void
}

/**
 * `POST /`: with `X-Amz-Target` a call of ECR, with a form a call of STS. `GET /?Action=…`: a call of STS, whose
 * presigned URLs show others who somebody is (EKS's tokens). Each answers its errors in its own protocol; what is
 * neither gets the answer of AWS's front end.
 */
export function awsDoor(door: AwsDoor): RequestHandler {
  const router = express.Router()
  router.post('/', async (request, response) => {
    const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')
    await (isForm ? answerSts(door, request, response) : answerEcr(door, request, response))
  })
  router.get('/', async (request, response, next) => {
    if (queryOf(request.url).has('Action')) await answerSts(door, request, response)
    else next()
  })
  router.use((request: Request, response: Response, _next: NextFunction) => refuseRoute(request, response))
  return router
}

async function answerEcr(door: AwsDoor, request: Request, response: Response): Promise<void> {
  response.setHeader('x-amzn-RequestId', randomUUID())
  try {
    const body = await bodyOf(request)
    const contentType = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
    // AWS's front end finds the protocol by the content type; JSON of another version is another protocol.
    if (contentType !== JSON_1_1) throw unknownOperation()
    const principal = await principalOf(door.principals, signedRequest(request, body), 'ecr')
    const caller = { ...principal, connection: connectionOf(request.socket) }
    const target = request.get('x-amz-target')
    const output = await callEcr(door.ecr, {
      target,
      body,
      caller,
      suffer: (fault) => suffer(fault, request.socket),
      ...door.reachable(request),
    })
    sendJson(response, 200, encodeJson(output))
  } catch (error) {
    sendException(door, request, response, error)
  }
}

/** @throws FrameworkError for a body that is too large, or compressed, which neither model asks clients to do */
async function bodyOf(request: Request): Promise<Buffer> {
  const body = await readBody(request, BODY_LIMIT_BYTES)
  const encoding = request.get('content-encoding')?.trim().toLowerCase() ?? 'identity'
  // A guess: AWS's reader would find no JSON in it; ours says why. `aws-chunked` is of S3 alone.
  if (encoding !== 'identity') throw serializationError(`Content-Encoding '${encoding}' is not supported`)
  return body
}

/** Signed for the host that is settled on: where a whole URL names it, the header may have another. */
function signedRequest({ method, url, headers, headersDistinct }: Request, body: Buffer): SignedRequest {
  const { host = '' } = headers
  return { method, url, headers: Object.assign(headersDistinct, { host: [host] }), body }
}

function sendException(door: AwsDoor, request: Request, response: Response, error: unknown): void {
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

/** Whether the client left before its request was whole: nobody is to be told, and nothing is wrong here. */
function hasGone(request: Request): boolean {
  return request.destroyed && !request.complete
}

async function answerSts(door: AwsDoor, request: Request, response: Response): Promise<void> {
  const requestId = randomUUID()
  response.setHeader('x-amzn-RequestId', requestId)
  // Few servers are ever asked by STS: its schemas and XML are loaded by the first who does.
  const { callSts, stsFailure } = await import('../sts/door.ts')
  let answer: { status: number; body: string }
  try {
    const body = await bodyOf(request)
    const caller = await principalOf(door.principals, signedRequest(request, body), 'sts')
    const form = request.method === 'POST' ? body.toString('utf8') : queryText(request.url)
    answer = await callSts(door.sts, { form, caller, requestId })
  } catch (error) {
    if (hasGone(request)) return
    answer = stsFailure(error, requestId)
    if (answer.status >= 500) door.onFault(error)
  }
  response.status(answer.status)
  response.setHeader('Content-Type', 'text/xml')
  response.end(answer.body)
}

/** No AWS service answers other methods and paths of its endpoint (guess: 404 and the JSON front end's name). */
function refuseRoute(request: Request, response: Response): void {
  const known = request.path === '/'
  const error = known
    ? new FrameworkError('MethodNotAllowedException', 'The AWS APIs are called by POST /', 405)
    : new FrameworkError('UnknownOperationException', `There is nothing at ${request.path}`, 404)
  if (known) response.setHeader('Allow', 'POST')
  response.setHeader('x-amzn-RequestId', randomUUID())
  sendJson(response, error.status, encodeError(error.code, error.message))
}

function sendJson(response: Response, status: number, body: string): void {
  response.statusCode = status
  response.setHeader('Content-Type', JSON_1_1)
  response.setHeader('Content-Length', Buffer.byteLength(body))
  response.end(body)
}
