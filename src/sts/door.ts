import type { Domain } from '../domain/domain.ts'
import { outputShapes, service } from '../generated/sts/operations.ts'
import { inputSchema } from '../generated/sts/schemas.ts'
import type { OperationName } from '../generated/sts/types.ts'
import { FrameworkError } from '../protocol/errors.ts'
import { decodeQuery } from '../protocol/query.ts'
import { encodeXml, encodeXmlError } from '../protocol/xml.ts'
import { StsRefused, violationOf } from './errors.ts'
import type { Operation, Principal } from './operation.ts'
import { handlers } from './operations/index.ts'

export interface StsDoor {
  readonly domain: Domain
}

export interface StsRequest {
  /** The parameters, as they were posted, or as they stand in the query of a GET. */
  readonly form: string
  readonly caller: Principal
  readonly requestId: string
}

export interface StsAnswer {
  readonly status: number
  /** XML. */
  readonly body: string
}

/** Answers one call of the query protocol. What it throws is for `stsFailure`. */
export async function callSts({ domain }: StsDoor, request: StsRequest): Promise<StsAnswer> {
  const { Action, Version, ...given } = decodeQuery(request.form)
  const action = typeof Action === 'string' ? Action : ''
  const version = typeof Version === 'string' ? Version : ''
  if (!isOperation(action) || version !== service.apiVersion)
    throw new StsRefused(
      'InvalidAction',
      `Could not find operation ${action} for version ${version || 'NO_VERSION_SPECIFIED'}`,
    )
  const parsed = inputSchema(action).safeParse(given, { reportInput: true })
  if (!parsed.success) throw violationOf(parsed.error.issues)

  const handler = handlers[action] as Operation<OperationName>
  const output = await handler.handle(parsed.data as never, { domain, caller: request.caller })
  const { resultWrapper, shape } = outputShapes[action]
  return {
    status: 200,
    body: encodeXml(
      { action, namespace: service.xmlNamespace, resultWrapper, shape },
      output,
      request.requestId,
    ),
  }
}

/** Errors of AWS's front end, which has other names and statuses for them in the query protocol (observed). */
const QUERY_ERRORS: Readonly<Record<string, [code: string, status: number]>> = {
  ExpiredTokenException: ['ExpiredToken', 403],
  IncompleteSignatureException: ['IncompleteSignature', 400],
  InvalidSignatureException: ['SignatureDoesNotMatch', 403],
  MissingAuthenticationTokenException: ['MissingAuthenticationToken', 403],
  RequestEntityTooLargeException: ['RequestEntityTooLarge', 413],
  SerializationException: ['MalformedInput', 400],
  UnrecognizedClientException: ['InvalidClientTokenId', 403],
}

/** An error of `callSts` as its answer; a bug is an InternalFailure without detail. */
export function stsFailure(error: unknown, requestId: string): StsAnswer {
  const namespace = service.xmlNamespace
  if (error instanceof StsRefused || error instanceof FrameworkError) {
    const [code, status] = QUERY_ERRORS[error.code] ?? [error.code, error.status]
    const fault = { type: 'Sender', code, message: error.message }
    return { status, body: encodeXmlError(namespace, fault, requestId) }
  }
  const fault = { type: 'Receiver', code: 'InternalFailure', message: 'The request processing has failed' }
  return { status: 500, body: encodeXmlError(namespace, fault, requestId) }
}

function isOperation(action: string): action is OperationName {
  return Object.hasOwn(outputShapes, action)
}
