import type { IncomingMessage, ServerResponse } from 'node:http'
import { connectionOf } from '../domain/connection.ts'
import { callerOf } from '../domain/domain.ts'
import { type Refused, refusalOf } from '../domain/errors.ts'
import { messages } from '../domain/messages.ts'
import { ConnectionCut } from '../domain/suffer.ts'
import { hasGone } from '../rules/request-body.ts'
import { authenticator, challenge, hasLogin, registryOf } from './authentication.ts'
import { answerBlob } from './blobs.ts'
import { answerCatalog } from './catalog.ts'
import type { Listener, RegistryDoor } from './door.ts'
import { answerDownload } from './downloads.ts'
import { RegistryError, translations } from './errors.ts'
import { type Exchange, refuseMethod, sendEmpty } from './exchange.ts'
import { meetFault } from './faults.ts'
import { API_VERSION } from './headers.ts'
import { answerManifest } from './manifests.ts'
import { answerReferrers } from './referrers.ts'
import { parseRoute, type Route } from './request.ts'
import { answerTags } from './tags.ts'
import { answerUpload } from './upload.ts'
import { answerUploads } from './uploads.ts'

/**
 * The registry door: OCI distribution-spec 1.1 and Docker's registry HTTP API V2, and the signed downloads
 * of GetDownloadUrlForLayer below `/layers/`.
 *
 * A request goes through: login, route, planted fault, name, policy, the endpoint. What any of them throws becomes an
 * answer here, and here alone.
 */
export function registryDoor(door: RegistryDoor): Listener {
  const logins = authenticator(door)
  const { domain } = door

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '', search = ''] = splitOnce(request.url ?? '', '?')
    const host = request.headers.host ?? ''
    if (path.startsWith('/layers/')) return answerDownload(door, request, response, host)

    const connection = connectionOf(request.socket)
    const origin = `${connection.isSecure ? 'https' : 'http'}://${host}`
    const { authorization } = request.headers
    const login = logins.loginOf({ authorization, method: request.method ?? '', origin })
    const caller = callerOf(login.caller, connection)
    const version = domain.database.version()
    const query = new URLSearchParams(search)
    const exchange: Exchange = {
      door,
      domain,
      request,
      response,
      caller,
      registry: registryOf(host, query, caller),
      host,
      origin,
      query,
      answer: (given) => {
        const { expiresAt } = login
        door.answers.give(request, response, { version, login: { caller, expiresAt }, answer: given })
      },
    }
    const route = parseRoute(path)
    await meetFault(exchange, route)
    await answerRoute(exchange, route)
  }

  return (request, response) => {
    answer(request, response).catch((error: unknown) => sendError(door, request, response, error))
  }
}

function answerRoute(exchange: Exchange, route: Route): Promise<void> | void {
  switch (route.kind) {
    case 'base':
      return answerBase(exchange)
    case 'catalog':
      return answerCatalog(exchange)
    case 'tags':
      return answerTags(exchange, route.name)
    case 'manifest':
      return answerManifest(exchange, route.name, route.reference)
    case 'blob':
      return answerBlob(exchange, route.name, route.digest)
    case 'uploads':
      return answerUploads(exchange, route.name)
    case 'upload':
      return answerUpload(exchange, route.name, route.uploadId)
    case 'referrers':
      return answerReferrers(exchange, route.name, route.digest)
    case 'unknown':
      throw new RegistryError('UNSUPPORTED', 404, 'There is no such endpoint')
  }
}

/** end-1: tells that this is a registry, and that the login is good. */
function answerBase(exchange: Exchange): void {
  const { request, origin } = exchange
  if (request.method !== 'GET' && request.method !== 'HEAD') refuseMethod(exchange, 'GET, HEAD')
  // Skopeo and podman send the login that they have only where it is asked for here (RFC 9110, 11.6.1).
  sendEmpty(exchange, 200, hasLogin(request.headers.authorization) ? {} : challenge(origin))
}

function splitOnce(text: string, separator: string): [string, string] {
  const index = text.indexOf(separator)
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)]
}

function sendError(
  door: RegistryDoor,
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
): void {
  if (error instanceof ConnectionCut) {
    response.destroy()
    return
  }
  const told = explain(door, error)
  if (response.destroyed || hasGone(request)) return
  if (!told) door.onFault(error)
  if (response.headersSent) {
    response.destroy()
    return
  }
  const { code, status, message, headers } = told ?? INTERNAL
  // What was left of the body is read and dropped, so that the connection can go on.
  request.resume()
  for (const name of response.getHeaderNames()) response.removeHeader(name)
  // ECR's 401 is plain text; OCI clients print the message of a JSON one.
  const isPlain = status === 401 && door.wire === 'ecr'
  const body = isPlain ? message : JSON.stringify({ errors: [{ code, message }] })
  sendBody(
    request,
    response,
    status,
    headers,
    isPlain ? PLAIN : JSON_TYPE,
    `${body}
`,
  )
}

const JSON_TYPE = 'application/json; charset=utf-8'
const PLAIN = 'text/plain; charset=utf-8'
const INTERNAL = new RegistryError('UNKNOWN', 500, 'The registry failed; its log says why')

function sendBody(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  contentType: string,
  body: string,
): void {
  response.writeHead(status, {
    ...API_VERSION,
    ...headers,
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** An error as the client is told it; undefined for a bug. */
function explain({ wire }: RegistryDoor, error: unknown): RegistryError | undefined {
  if (error instanceof RegistryError) return error
  const refused = refusalOf(error)
  if (!refused) return undefined
  const { spec, ecr } = translations[refused.code]
  const [code, status] = wire === 'ecr' ? (ecr ?? spec) : spec
  return new RegistryError(code, status, textOf(refused))
}

function textOf<Code extends keyof typeof messages>({ code, detail }: Refused<Code>): string {
  // Observed at this door for every missing image, where the API names it.
  return code === 'ImageUnknown' ? 'Requested image not found' : messages[code](detail)
}
