import { Refused } from '../domain/errors.ts'
import { openPageToken, sealPageToken } from '../domain/page-token.ts'
import type { Paginator } from '../generated/ecr/operations.ts'
import type { OperationName } from '../generated/ecr/types.ts'
import { type Registry, registryKey } from '../rules/registry.ts'

/** One page of a list. */
export interface Page<Position> {
  readonly limit: number
  /** Where it begins; undefined for the first. */
  readonly position: Position | undefined
  /** The token of the next page, undefined after the last: `position` is undefined then. */
  readonly nextToken: (position: Position | undefined) => string | undefined
}

interface Pageable {
  readonly nextToken?: string | undefined
  readonly maxResults?: number | undefined
}

/**
 * The page that a request asks for. A token is bound to its operation, registry and the other members, so
 * that it can't be used to read on in another list.
 *
 * @throws Refused ParameterInvalid for a token that was not made for this request
 */
export function pageOf<Position>(
  key: Uint8Array,
  name: OperationName,
  paginator: Paginator,
  registry: Registry,
  input: Pageable,
): Page<Position> {
  const { nextToken, maxResults, ...others } = input
  const request = JSON.stringify([name, registryKey(registry), others])
  let position: unknown
  if (nextToken !== undefined) {
    position = openPageToken(key, request, nextToken)
    // Code and text: guess; no capture of a bad token is known.
    if (position === undefined)
      throw new Refused('ParameterInvalid', { member: 'nextToken', constraint: 'Invalid nextToken' })
  }
  return {
    limit: maxResults ?? paginator.default ?? paginator.maxResultsRange[1],
    position: position as Position | undefined,
    nextToken: (next) => (next === undefined ? undefined : sealPageToken(key, request, next)),
  }
}

/**
 * Explicit names and pages exclude each other (API reference of the paged operations; code and text: guess).
 *
 * @throws Refused ParameterInvalid
 */
export function refusePaging({ nextToken, maxResults }: Pageable, exclusiveMember: string): void {
  const member = nextToken !== undefined ? 'nextToken' : maxResults !== undefined ? 'maxResults' : undefined
  if (member)
    throw new Refused('ParameterInvalid', { member, constraint: `Cannot be used with ${exclusiveMember}` })
}
