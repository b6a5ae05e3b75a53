import type { Endpoint } from '../protocol/client.ts'
import { parseChallenges } from './challenge.ts'
import { type Get, type Patience, targetOf } from './http.ts'
import { type Login, UpstreamError, type UpstreamFailure } from './upstream.ts'

/** What the role's session is called (guess). */
const SESSION = 'ecr-pull-through-cache'

/** A token is a few kilobytes; a registry that sends more than this means harm. */
const MAX_TOKEN_BYTES = 1024 * 1024

/** Where a login is asked for, and what of. */
export interface Asked {
  readonly get: Get
  /** The registry's own URL. */
  readonly base: URL
  /** As Docker's token protocol has it, `repository:<name>:pull`; none for the base. */
  readonly scope: string | undefined
  readonly login: Login
  readonly patience: Patience
  readonly closing: AbortSignal
}

/**
 * The Authorization header by which a challenge is answered, or undefined when this login has no answer to it.
 *
 * @throws UpstreamError when the token server, or the other ECR, has none
 * @see https://distribution.github.io/distribution/spec/auth/token/
 */
export async function authorizationFor(header: string, asked: Asked): Promise<string | undefined> {
  for (const { scheme, parameters } of parseChallenges(header)) {
    if (scheme === 'bearer') return fetchToken(parameters, asked)
    if (scheme === 'basic' && asked.login.kind !== 'anonymous') return basicFor(asked.login, asked)
  }
  return undefined
}

async function fetchToken(
  parameters: ReadonlyMap<string, string>,
  { get, base, scope, login }: Asked,
): Promise<string> {
  const url = targetOf(parameters.get('realm') ?? '', base)
  const service = parameters.get('service')
  if (service !== undefined) url.searchParams.set('service', service)
  const wanted = parameters.get('scope') ?? scope
  if (wanted !== undefined) url.searchParams.set('scope', wanted)
  const answer = await get(url, login.kind === 'basic' ? { authorization: basic(login) } : {})
  if (answer.status !== 200) {
    await answer.drop()
    const failure = failureOf(answer.status)
    const isNowhere = failure === 'missing'
    throw new UpstreamError(
      isNowhere ? 'unavailable' : failure,
      `${url.host} gives no token: ${answer.status}`,
    )
  }
  const { token, access_token: accessToken } = readObject(await answer.read(MAX_TOKEN_BYTES), url)
  const text = token ?? accessToken
  if (typeof text !== 'string') throw new UpstreamError('unavailable', `${url.host} gives no token`)
  return `Bearer ${text}`
}

function basicFor(
  login: Exclude<Login, { kind: 'anonymous' }>,
  { base, patience, closing }: Asked,
): Promise<string> | string {
  if (login.kind === 'basic') return basic(login)
  return passwordOfEcr(login, base, AbortSignal.any([closing, AbortSignal.timeout(patience.head)]))
}

const GET_TOKEN = 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken'

/** What GetAuthorizationToken gives to the role of the rule, or to its account. */
async function passwordOfEcr(
  { accountId, region, roleArn }: Extract<Login, { kind: 'ecr' }>,
  base: URL,
  signal: AbortSignal,
): Promise<string> {
  // An access key that emulators read as the account: no secret of it is known here.
  const account: Endpoint = { url: base.href, region, accessKeyId: accountId, secretAccessKey: 'test' }
  // Few upstreams are ECRs: none other needs what signs requests.
  const { assumeRole, callService, ServiceError } = await import('../protocol/client.ts')
  try {
    const endpoint = roleArn === undefined ? account : await assumeRole(account, roleArn, SESSION, signal)
    const answer = await callService(endpoint, 'ecr', GET_TOKEN, {}, signal)
    const { authorizationData } = answer as { authorizationData?: { authorizationToken?: string }[] }
    return `Basic ${authorizationData?.[0]?.authorizationToken}`
  } catch (error) {
    const failure = error instanceof ServiceError ? 'denied' : 'unavailable'
    throw new UpstreamError(failure, `${base.host} gives no authorization token`, { cause: error })
  }
}

function basic({ username, password }: Extract<Login, { kind: 'basic' }>): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

/** What an answer that is none means. */
export function failureOf(status: number): UpstreamFailure {
  if (status === 404) return 'missing'
  if (status === 401 || status === 403) return 'denied'
  return status === 429 ? 'throttled' : 'unavailable'
}

/** @throws UpstreamError for what is no JSON object */
export function readObject(bytes: Buffer, { host }: URL): Record<string, unknown> {
  try {
    return Object(JSON.parse(bytes.toString('utf8')))
  } catch (error) {
    throw new UpstreamError('unavailable', `${host} sends no JSON`, { cause: error })
  }
}
