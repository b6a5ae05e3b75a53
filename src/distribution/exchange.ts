import type { IncomingMessage, ServerResponse } from 'node:http'
import { authorizeAllWithin, isAllowed } from '../domain/authorize.ts'
import type { Caller, Domain, RepositoryReference } from '../domain/domain.ts'
import { type Refusals, Refused } from '../domain/errors.ts'
import {
  algorithmOf,
  type Digest,
  type DigestAlgorithm,
  digestAlgorithms,
  isDigestAlgorithm,
  isDigestShaped,
  parseDigest,
} from '../rules/digest.ts'
import { isRepositoryName } from '../rules/names.ts'
import type { Registry } from '../rules/registry.ts'
import type { Reads } from '../store/database.ts'
import type { RegistryDoor } from './door.ts'
import { RegistryError } from './errors.ts'
import { type AnswerHeaders, inTurn } from './headers.ts'
import type { Answer } from './repeated-answers.ts'

/** One request whose sender is known, and its answer. */
export interface Exchange {
  readonly door: RegistryDoor
  readonly domain: Domain
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly caller: Caller
  readonly registry: Registry
  /** Host, and port if any, as the client wrote it. */
  readonly host: string
  /** Scheme and host. */
  readonly origin: string
  readonly query: URLSearchParams
  /** Sends a 200, and keeps it for whoever asks for the same again. */
  readonly answer: (answer: Answer) => void
}

/**
 * The repository of a route, once the caller is let in to do all of `actions` there.
 *
 * @throws Refused RepositoryNameInvalid, AccessDenied
 */
export function enter(
  exchange: Exchange,
  actions: string | readonly string[],
  name: string,
): Promise<RepositoryReference> {
  return exchange.domain.database.read((tx) => enterWithin(tx, exchange, actions, name))
}

/**
 * The same among other work.
 *
 * @throws Refused RepositoryNameInvalid, AccessDenied
 */
export async function enterWithin(
  tx: Reads,
  { domain, caller, registry }: Exchange,
  actions: string | readonly string[],
  name: string,
): Promise<RepositoryReference> {
  if (!isRepositoryName(name)) throw new Refused('RepositoryNameInvalid', { repositoryName: name })
  const access = { caller, registry, repositoryName: name, now: domain.clock.now() }
  await authorizeAllWithin(tx, access, typeof actions === 'string' ? [actions] : actions)
  return { registry, repositoryName: name }
}

/** Whether the caller is let in to do `action` in a repository. */
export function may(
  { domain, caller }: Exchange,
  action: string,
  repository: RepositoryReference,
): Promise<boolean> {
  const { database, clock } = domain
  return database.read((tx) => isAllowed(tx, { caller, action, now: clock.now(), ...repository }))
}

/** The algorithms by which content may be pushed: ECR knows sha256 alone. */
function algorithmsOf({ wire }: RegistryDoor): readonly DigestAlgorithm[] {
  return wire === 'ecr' ? ['sha256'] : digestAlgorithms
}

type DigestMember = Refusals['DigestInvalid']['member']

/**
 * The digest of what is pushed.
 *
 * @throws Refused DigestInvalid
 */
export function digestToPush({ door }: Exchange, text: string, member: DigestMember): Digest {
  const digest = parseDigest(text)
  const algorithms = algorithmsOf(door)
  if (!digest || !algorithms.includes(algorithmOf(digest)))
    throw new Refused('DigestInvalid', { member, digest: text, digestAlgorithms: algorithms })
  return digest
}

/**
 * The digest of what is looked for, undefined for one of an algorithm that is not served: nothing here has such
 * a digest, which is no fault of the request.
 *
 * @throws Refused DigestInvalid
 */
export function digestToFind({ door }: Exchange, text: string, member: DigestMember): Digest | undefined {
  const digest = parseDigest(text)
  if (digest) return digest
  const [algorithm = ''] = text.split(':')
  if (isDigestShaped(text) && !isDigestAlgorithm(algorithm)) return undefined
  throw new Refused('DigestInvalid', { member, digest: text, digestAlgorithms: algorithmsOf(door) })
}

/** Sends an answer without a body; `headers` has no Content-Length. */
export function sendEmpty({ response }: Exchange, status: number, headers: AnswerHeaders): void {
  const all = inTurn(headers)
  all.push('Content-Length', '0')
  response.writeHead(status, all)
  response.end()
}

/**
 * A target of this door, in the registry of the request: the `ns` that may have named it goes with the target, which
 * clients follow as it stands.
 */
export function targetOf({ query }: Exchange, path: string, parameters?: Record<string, string>): string {
  const namespace = query.get('ns')
  if (namespace === null && !parameters) return path
  const search = new URLSearchParams({ ...parameters, ...(namespace !== null && { ns: namespace }) })
  return search.size > 0 ? `${path}?${search}` : path
}

/** A target of this door as a link has it: ECR's links are absolute (skopeo's logs). */
export function linkTo(exchange: Exchange, path: string, parameters?: Record<string, string>): string {
  const target = targetOf(exchange, path, parameters)
  return exchange.door.wire === 'ecr' ? `${exchange.origin}${target}` : target
}

/** Sends JSON, of a type that distribution-spec names. */
export function sendJson(
  { request, answer }: Exchange,
  json: string,
  contentType: string,
  headers: Record<string, string>,
): void {
  const body = Buffer.from(json)
  answer({
    headers: { ...headers, 'Content-Type': contentType, 'Content-Length': body.length },
    body: request.method === 'HEAD' ? undefined : body,
  })
}

/** @throws RegistryError 405, naming what the path allows (RFC 9110, 15.5.6) */
export function refuseMethod({ request }: Exchange, allowed: string): never {
  throw new RegistryError('UNSUPPORTED', 405, `The operation is unsupported: ${request.method}`, {
    Allow: allowed,
  })
}

/** The body of a request, which may be left half read without the connection ending. */
export function bytesOf(request: IncomingMessage): AsyncIterable<Buffer> {
  return request.iterator({ destroyOnReturn: false })
}
