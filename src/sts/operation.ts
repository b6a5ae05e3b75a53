import type { Caller, Domain } from '../domain/domain.ts'
import type { Inputs, OperationName, Outputs } from '../generated/sts/types.ts'

/** A caller as STS knows one. */
export interface Principal extends Caller {
  /** What GetCallerIdentity shows: the account's number, or the id of a user or role. */
  readonly userId: string
}

export interface OperationContext {
  readonly domain: Domain
  readonly caller: Principal
}

export interface Operation<Name extends OperationName> {
  readonly name: Name
  readonly handle: (input: Inputs[Name], context: OperationContext) => Promise<Outputs[Name]>
}

/** Says what an operation of STS does. Input arrives validated; refusals are thrown as `StsRefused`. */
export function operation<Name extends OperationName>(
  name: Name,
  handle: Operation<Name>['handle'],
): Operation<Name> {
  return { name, handle }
}
