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
  /** The form, as it was posted. */
  readonly body: string
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
  const { Action: action = '', Version: version = '', ...given } = decodeQuery(request.body)
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

/** An error of `callSts` as its answer; a bug is an InternalFailure without detail. */
export function stsFailure(error: unknown, requestId: string): StsAnswer {
  const namespace = service.xmlNamespace
  if (error instanceof StsRefused || error instanceof FrameworkError) {
    const fault = { type: 'Sender', code: error.code, message: error.message }
    return { status: error.status, body: encodeXmlError(namespace, fault, requestId) }
  }
  const fault = { type: 'Receiver', code: 'InternalFailure', message: 'The request processing has failed' }
  return { status: 500, body: encodeXmlError(namespace, fault, requestId) }
}

function isOperation(action: unknown): action is OperationName {
  return typeof action === 'string' && Object.hasOwn(outputShapes, action)
}
