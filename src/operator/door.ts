import { Router } from 'express'
import { z } from 'zod'
import type { MovableClock } from '../domain/clock.ts'
import type { Domain } from '../domain/domain.ts'
import { LAYER_GRACE_MILLISECONDS, sweep } from '../domain/sweep.ts'
import type { Registry } from '../rules/registry.ts'
import { clockRoutes } from './clock.ts'
import { eventRoutes } from './events.ts'
import { explainRoutes } from './explain.ts'
import { type FaultBed, faultRoutes } from './faults.ts'
import { findingsRoutes } from './findings.ts'
import { lifecycleRoutes } from './lifecycle.ts'
import { parseRegistry } from './registry.ts'
import { signerRoutes } from './signer.ts'

/** What the operator's door is made of. */
export interface OperatorDoor extends FaultBed {
  readonly domain: Domain
  readonly clock: MovableClock
  readonly version: string
  /** Configuration without secrets, the API model's version, uptime and memory. */
  readonly describe: () => object
  /** The certificate, in PEM, of the CA that clients are to trust, where the server has one. */
  readonly authority: string | undefined
  readonly reset: (registry?: Registry) => Promise<void>
}

const resetBody = z.strictObject({ registry: z.string().optional() })
const gcBody = z.strictObject({ graceSeconds: z.number().min(0).optional() })

/** The paths of `/_ecr-local/` but health, JSON in and out: for tests, CI and people, never for AWS clients. */
export function operatorRouter(door: OperatorDoor): Router {
  const router = Router()
  router.get('/_ecr-local/info', async (_request, response) => {
    response.json(await describeServer(door))
  })
  router.get('/_ecr-local/ca.pem', (_request, response) => {
    if (door.authority === undefined)
      response.status(404).json({ error: 'There is no CA here; a server has one with --tls' })
    else response.setHeader('Content-Type', 'application/pem-certificate-chain').end(door.authority)
  })
  router.post('/_ecr-local/reset', async (request, response) => {
    const { registry } = resetBody.parse(request.body ?? {})
    await door.reset(registry === undefined ? undefined : parseRegistry(registry))
    response.json({})
  })
  router.post('/_ecr-local/gc', async (request, response) => {
    const { graceSeconds = LAYER_GRACE_MILLISECONDS / 1000 } = gcBody.parse(request.body ?? {})
    response.json(await sweep(door.domain, { layerGrace: graceSeconds * 1000 }))
  })
  clockRoutes(router, door.clock, door.domain)
  eventRoutes(router, door.domain)
  faultRoutes(router, door)
  findingsRoutes(router, door.domain)
  explainRoutes(router, door.domain)
  lifecycleRoutes(router, door.domain)
  signerRoutes(router, door.domain)
  return router
}

async function describeServer({ domain, version, describe }: OperatorDoor): Promise<object> {
  const counts = await domain.database.read(async ({ repositories, images, layers }) => ({
    repositories: await repositories.countAll(),
    images: await images.countAll(),
    layers: await layers.totals(),
  }))
  return { version, ...describe(), ...counts }
}
