import type { Caller, Domain } from '../domain/domain.ts'
import type { Inputs, OperationName, Outputs } from '../generated/ecr/types.ts'
import type { Digest } from '../rules/digest.ts'
import type { Registry } from '../rules/registry.ts'
import type { Page } from './paging.ts'

/** What an operation may ask for. */
export interface OperationContext {
  readonly domain: Domain
  readonly caller: Caller
  /** The registry that the request is about: `registryId` or the caller's account, in the caller's region. */
  readonly registry: Registry
  /** Host, and port if any, at which the caller reaches a registry. */
  readonly registryHost: (registry: Registry) => string
  /** The URL of that host. */
  readonly registryUrl: (registry: Registry) => string
  /** A URL at which a layer is downloaded without a login, for an hour. */
  readonly layerUrl: (repositoryName: string, digest: Digest) => string
  /** A password for the registry door; epoch milliseconds. */
  readonly issueToken: (expiresAt: number) => string
  /** Where the page begins that the request asks for, and how to name the next one. */
  readonly page: <Position>() => Page<Position>
}

export type Handler<Name extends OperationName, Returned extends Outputs[Name]> = (
  input: Inputs[Name],
  context: OperationContext,
) => Promise<Exact<Outputs[Name], Returned>>

/** Outputs are all-optional in the model: without this, a misspelt member would compile. */
export type Exact<Shape, Returned extends Shape> = Returned &
  Record<Exclude<keyof Returned, keyof Shape>, never>

export interface Operation<Name extends OperationName> {
  readonly name: Name
  readonly handle: (input: Inputs[Name], context: OperationContext) => Promise<Outputs[Name]>
}

/** Says what an operation of the API does. Input arrives validated; refusals are thrown as `Refused`. */
export function operation<Name extends OperationName, Returned extends Outputs[Name]>(
  name: Name,
  handle: Handler<Name, Returned>,
): Operation<Name> {
  return { name, handle }
}
