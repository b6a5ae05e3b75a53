import { randomUUID } from 'node:crypto'
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express'
import { queryOf, queryText } from '../protocol/credentials.ts'
import { FrameworkError } from '../protocol/errors.ts'
import { encodeError } from '../protocol/json.ts'
import { hasGone } from '../rules/request-body.ts'
import type { StsDoor } from '../sts/door.ts'
import { principalOf } from './callers.ts'
import { answerEcr, bodyOf, type EcrCalls, sendJson, signedRequest } from './ecr-calls.ts'
import { isForm } from './which-door.ts'

/** What the AWS door is made of. */
export interface AwsDoor extends EcrCalls {
  readonly sts: StsDoor
}

/**
 * `POST /`: with `X-Amz-Target` a call of ECR, with a form a call of STS. `GET /?Action=…`: a call of STS, whose
 * presigned URLs show others who somebody is (EKS's tokens). Each answers its errors in its own protocol; what is
 * neither gets the answer of AWS's front end.
 */
export function awsDoor(door: AwsDoor): RequestHandler {
  const router = express.Router()
  router.post('/', async (request, response) => {
    await (isForm(request) ? answerSts(door, request, response) : answerEcr(door, request, response))
  })
  router.get('/', async (request, response, next) => {
    if (queryOf(request.url).has('Action')) await answerSts(door, request, response)
    else next()
  })
  router.use((request: Request, response: Response, _next: NextFunction) => refuseRoute(request, response))
  return router
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
