import type { Router } from 'express'
import { z } from 'zod'
import type { Fault, Faults } from '../domain/faults.ts'
import { UnusableRequest } from './errors.ts'

/** Where faults are planted, and which can be. */
export interface FaultBed {
  readonly faults: Faults
  /** Errors that may be planted for an operation, or undefined when there is no such operation. */
  readonly errorsOf: (operation: string) => readonly string[] | undefined
  /** What may be planted at the registry door. */
  readonly plantable: { readonly routes: readonly string[]; readonly codes: readonly string[] }
}

/** Shorter than a body may stall, and an upload that waits is one that stalls. */
const MAX_DELAY_MILLISECONDS = 50_000

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** Of errors at one door alone. */
const OF_OPERATION = ['members'] as const
const OF_ROUTE = ['status', 'retryAfterSeconds'] as const

const faultList = z.array(
  z
    .strictObject({
      operation: z.string().optional(),
      route: z.string().optional(),
      method: z.enum(METHODS).optional(),
      error: z.string().optional(),
      message: z.string().optional(),
      members: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
      status: z.int().min(400).max(599).optional(),
      retryAfterSeconds: z.int().min(0).optional(),
      delayMilliseconds: z.int().min(1).max(MAX_DELAY_MILLISECONDS).optional(),
      cut: z.literal(true).optional(),
      times: z.int().min(1).optional(),
    })
    .refine(({ operation, route }) => (operation === undefined) !== (route === undefined), {
      message: 'A fault has either an operation or a route',
    })
    .refine(({ error, delayMilliseconds, cut }) => (error ?? delayMilliseconds ?? cut) !== undefined, {
      message: 'A fault has an error, delayMilliseconds or cut',
    })
    .refine(({ error, cut }) => error === undefined || cut === undefined, {
      message: 'A connection that is cut brings no error',
    })
    .refine(
      (fault) => fault.error !== undefined || !hasAny(fault, ['message', ...OF_OPERATION, ...OF_ROUTE]),
      {
        message: 'message, members, status and retryAfterSeconds are of an error',
      },
    )
    .refine((fault) => fault.route === undefined || !hasAny(fault, OF_OPERATION), {
      message: 'members are of an operation',
    })
    .refine((fault) => fault.operation === undefined || !hasAny(fault, ['method', ...OF_ROUTE]), {
      message: 'method, status and retryAfterSeconds are of a route',
    }),
)

function hasAny(fault: Fault, members: readonly (keyof Fault)[]): boolean {
  return members.some((member) => fault[member] !== undefined)
}

/**
 * What is planted to go wrong, and how often each fault is still due; a list that is given takes its place.
 *
 * @throws ZodError for a list that cannot be read, UnusableRequest for a fault that nothing could meet
 */
export function changeFaults(bed: FaultBed, planted?: unknown): readonly Fault[] {
  if (planted !== undefined) {
    const faults = faultList.parse(planted)
    for (const fault of faults) checkFault(bed, fault)
    bed.faults.replace(faults)
  }
  return bed.faults.list()
}

function checkFault({ errorsOf, plantable: { routes, codes } }: FaultBed, fault: Fault): void {
  const { operation, route, error } = fault
  const errors = operation === undefined ? codes : errorsOf(operation)
  if (!errors) throw new UnusableRequest(`ECR has no operation "${operation}"`)
  if (route !== undefined && !routes.includes(route))
    throw new UnusableRequest(`The registry has no route "${route}"; it has ${routes.join(', ')}`)
  if (error !== undefined && !errors.includes(error))
    throw new UnusableRequest(
      `${operation ?? 'The registry'} never answers "${error}"; it may answer ${errors.join(', ')}`,
    )
}

export function faultRoutes(router: Router, bed: FaultBed): void {
  router.get('/_ecr-local/faults', (_request, response) => {
    response.json(changeFaults(bed))
  })
  router.put('/_ecr-local/faults', (request, response) => {
    response.json(changeFaults(bed, request.body ?? {}))
  })
}
