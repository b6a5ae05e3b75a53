import { sealToken } from '../domain/authorization-token.ts'
import { authorize } from '../domain/authorize.ts'
import type { Caller, Domain } from '../domain/domain.ts'
import { refusalOf } from '../domain/errors.ts'
import { type Fault, type Faults, textOf } from '../domain/faults.ts'
import { errors, operations, service } from '../generated/ecr/operations.ts'
import { inputSchema } from '../generated/ecr/schemas.ts'
import type { OperationName } from '../generated/ecr/types.ts'
import { FrameworkError, unknownOperation } from '../protocol/errors.ts'
import { decodeJson } from '../protocol/json.ts'
import { violationOf } from '../protocol/validation.ts'
import type { Digest } from '../rules/digest.ts'
import type { Registry } from '../rules/registry.ts'
import { accessesOf, type ResourceInput } from './access.ts'
import { exceptionOf } from './errors.ts'
import type { Operation, OperationContext } from './operation.ts'
import { handlers } from './operations/index.ts'
import { pageOf } from './paging.ts'

/** What the ECR half of the AWS door is made of. */
export interface EcrDoor {
  readonly domain: Domain
  readonly faults: Faults
  readonly tokenKey: Uint8Array
  readonly pageKey: Uint8Array
}

/** How the one who asks reaches the registries. */
export interface Reachable {
  readonly registryHost: (registry: Registry) => string
  readonly registryUrl: (registry: Registry) => string
  readonly layerUrl: (registry: Registry, repositoryName: string, digest: Digest) => string
}

export interface EcrRequest extends Reachable {
  /** The value of X-Amz-Target. */
  readonly target: string | undefined
  readonly body: Buffer
  readonly caller: Caller
  /** Lets the connection suffer what a planted fault has for it. */
  readonly suffer: (fault: Fault) => Promise<void>
}

/** An exception of the API on its way to the wire. */
export interface EcrException {
  readonly name: string
  readonly message: string | undefined
  readonly status: number
  readonly members: object
}

/**
 * Answers one call: names the operation, reads and validates the input, lets the caller in, runs it. What
 * it throws is for `ecrException`.
 */
export async function callEcr(door: EcrDoor, request: EcrRequest): Promise<object> {
  const name = operationOf(request.target)
  const input = validate(name, request.body)
  await meetFault(door, request, name)

  const context = contextOf(door, request, name, input)
  const { caller, registry } = context
  for (const { action, repositoryName, facts } of accessesOf(name, input))
    await authorize(door.domain, { caller, registry, action, repositoryName, facts })
  const { handle } = loaded.get(name) ?? (await load(name))
  return handle(input as never, context)
}

/** Node takes a while to find out that it has a module already. */
const loaded = new Map<OperationName, Operation<OperationName>>()

async function load(name: OperationName): Promise<Operation<OperationName>> {
  const handler = (await handlers[name]()) as Operation<OperationName>
  loaded.set(name, handler)
  return handler
}

/** An error of `callEcr` as the exception to answer; undefined for a bug, which is nobody's business but ours. */
export function ecrException(error: unknown): EcrException | undefined {
  if (error instanceof FrameworkError) {
    const { code, message, status, members } = error
    return { name: code, message: message || undefined, status, members }
  }
  const refused = refusalOf(error)
  if (!refused) return undefined
  const exception = exceptionOf(refused)
  return { ...exception, status: statusOf(exception.name) }
}

/** Errors that a call of `name` may answer: those that it declares, and AWS's common ones. */
export function errorsOf(name: string): readonly string[] | undefined {
  if (!isOperation(name)) return undefined
  return [...operations[name].errors, 'ThrottlingException', 'AccessDeniedException']
}

async function meetFault({ faults }: EcrDoor, { suffer }: EcrRequest, name: OperationName): Promise<void> {
  const fault = faults.take(({ operation }) => operation === name)
  if (!fault) return

  await suffer(fault)
  const { error, members } = fault
  if (error !== undefined) throw new FrameworkError(error, textOf(fault), statusOf(error), members)
}

const TARGET_PREFIX = `${service.targetPrefix}.`

function operationOf(target: string | undefined): OperationName {
  const name = target?.startsWith(TARGET_PREFIX) ? target.slice(TARGET_PREFIX.length) : ''
  if (!isOperation(name)) throw unknownOperation()
  return name
}

function isOperation(name: string): name is OperationName {
  return Object.hasOwn(operations, name)
}

function validate(name: OperationName, body: Buffer): ScopedInput {
  const given = decodeJson(body)
  const parsed = inputSchema(name).safeParse(given, { reportInput: true })
  if (!parsed.success) throw violationOf(parsed.error.issues)
  return parsed.data as object
}

/** Members that many inputs share, and that are read before the operation. */
interface ScopedInput extends ResourceInput {
  readonly registryId?: string | undefined
  readonly nextToken?: string | undefined
  readonly maxResults?: number | undefined
}

function contextOf(
  { domain, tokenKey, pageKey }: EcrDoor,
  { caller, registryHost, registryUrl, layerUrl }: EcrRequest,
  name: OperationName,
  input: ScopedInput,
): OperationContext {
  const registry = { accountId: input.registryId ?? caller.accountId, region: caller.region }
  return {
    domain,
    caller,
    registry,
    registryHost,
    registryUrl,
    layerUrl: (repositoryName, digest) => layerUrl(registry, repositoryName, digest),
    issueToken: (expiresAt) => sealToken(tokenKey, caller, expiresAt),
    page: () => {
      const { paginator } = operations[name]
      if (!paginator) throw new Error(`${name} has no pages`)
      return pageOf(pageKey, name, paginator, registry, input)
    },
  }
}

function statusOf(exception: string): number {
  return Object.hasOwn(errors, exception) ? errors[exception as keyof typeof errors].httpStatus : 400
}
