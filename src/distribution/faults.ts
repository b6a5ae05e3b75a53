import type { Fault } from '../domain/faults.ts'
import { textOf } from '../domain/faults.ts'
import { suffer } from '../domain/suffer.ts'
import { challenge } from './authentication.ts'
import { type OciCode, RegistryError } from './errors.ts'
import type { Exchange } from './exchange.ts'
import type { Route } from './request.ts'

/** Where faults may be planted at this door: what a path is about, or all of it. */
const ROUTES: Readonly<Record<Exclude<Route['kind'], 'unknown'> | 'any', true>> = {
  any: true,
  base: true,
  catalog: true,
  tags: true,
  manifest: true,
  blob: true,
  uploads: true,
  upload: true,
  referrers: true,
}

/** The errors that may be planted, with the status that each has unless a fault says otherwise. */
const STATUSES: Readonly<Record<OciCode, number>> = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DENIED: 403,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 404,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  RANGE_INVALID: 416,
  SIZE_INVALID: 400,
  TAG_INVALID: 400,
  TOOMANYREQUESTS: 429,
  UNAUTHORIZED: 401,
  UNKNOWN: 500,
  UNSUPPORTED: 405,
}

/** What may be planted at the registry door. */
export const plantable = { routes: Object.keys(ROUTES), codes: Object.keys(STATUSES) }

/**
 * Meets the fault that is due for a request whose sender is known.
 *
 * @throws ConnectionCut, or RegistryError for the error that is planted
 */
export async function meetFault({ door, request, origin }: Exchange, route: Route): Promise<void> {
  const fault = door.faults.take(
    ({ route: planted, method }) =>
      (planted === 'any' || planted === route.kind) && (method === undefined || method === request.method),
  )
  if (!fault) return

  await suffer(fault, request.socket)
  if (fault.error !== undefined) throw plantedError(fault, fault.error as OciCode, origin)
}

function plantedError(fault: Fault, code: OciCode, origin: string): RegistryError {
  const { status = STATUSES[code], retryAfterSeconds } = fault
  return new RegistryError(code, status, textOf(fault), {
    ...(code === 'UNAUTHORIZED' && challenge(origin)),
    ...(retryAfterSeconds !== undefined && { 'Retry-After': `${retryAfterSeconds}` }),
  })
}
