import { openToken } from '../domain/authorization-token.ts'
import type { Caller } from '../domain/domain.ts'
import { parseRegistryHost, type Registry } from '../rules/registry.ts'
import type { RegistryDoor } from './door.ts'
import { RegistryError } from './errors.ts'

/** Logins that were opened lately are kept by their header: clients send the same one with every request. */
const MAX_KNOWN_LOGINS = 1000

/** Who sends a request, and until when that is good. */
export interface Login {
  readonly caller: Caller
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

export interface Authenticator {
  /**
   * @throws RegistryError 401 with ECR's challenge, or 403 when the token has expired
   */
  loginOf(request: { authorization: string | undefined; method: string; origin: string }): Login
}

export function authenticator({ domain, tokenKey, anonymous, defaultRegistry }: RegistryDoor): Authenticator {
  const known = new Map<string, Login>()
  const nobody: Login = {
    caller: { ...defaultRegistry, principalArn: `arn:aws:iam::${defaultRegistry.accountId}:root` },
    expiresAt: Number.POSITIVE_INFINITY,
  }

  function open(authorization: string, now: number): Login | 'expired' | undefined {
    const password = passwordOf(authorization)
    if (password === undefined) return undefined
    const opened = openToken(tokenKey, password, now)
    if (opened.kind === 'refused') return undefined
    if (opened.kind === 'expired') return 'expired'
    if (known.size >= MAX_KNOWN_LOGINS) known.clear()
    known.set(authorization, opened)
    return opened
  }

  return {
    loginOf({ authorization, method, origin }) {
      if (!hasLogin(authorization)) {
        const isPull = method === 'GET' || method === 'HEAD'
        if (anonymous === 'push' || (anonymous === 'pull' && isPull)) return nobody
        throw notAuthorized(origin)
      }
      const now = domain.clock.now()
      const login = known.get(authorization) ?? open(authorization, now)
      if (!login) throw notAuthorized(origin)
      if (login !== 'expired' && login.expiresAt > now) return login
      // Observed: the text in many logs, the status in soci-snapshotter#1148.
      throw new RegistryError(
        'DENIED',
        403,
        'Your authorization token has expired. Reauthenticate and try again.',
      )
    },
  }
}

/** An empty user and password: what skopeo and podman send where they are asked for a login and have none. */
const EMPTY_LOGIN = 'Basic Og=='

/** Whether a request says who sends it. */
export function hasLogin(authorization: string | undefined): authorization is string {
  return authorization !== undefined && authorization !== EMPTY_LOGIN
}

function notAuthorized(origin: string): RegistryError {
  return new RegistryError('UNAUTHORIZED', 401, 'Not Authorized', challenge(origin))
}

/** The challenge of ECR, as captures of it show: Basic, never Bearer. */
export function challenge(origin: string): { 'WWW-Authenticate': string } {
  return { 'WWW-Authenticate': `Basic realm="${origin}/",service="ecr.amazonaws.com"` }
}

const BASIC = /^Basic +([A-Za-z0-9+/=_-]+) *$/i
const USER = 'AWS:'

function passwordOf(authorization: string): string | undefined {
  const encoded = BASIC.exec(authorization)?.[1]
  if (encoded === undefined) return undefined
  const login = Buffer.from(encoded, 'base64').toString('latin1')
  return login.startsWith(USER) ? login.slice(USER.length) : undefined
}

/**
 * The registry of a request: a host of ECR's form names it, then containerd's `ns`, which holds the host
 * that a mirror stands for, then the caller's own.
 */
export function registryOf(host: string, query: URLSearchParams, caller: Caller): Registry {
  const namespace = query.get('ns')
  return (
    parseRegistryHost(host) ??
    (namespace === null ? undefined : parseRegistryHost(namespace)) ?? {
      accountId: caller.accountId,
      region: caller.region,
    }
  )
}
