import type { Background } from '../domain/background.ts'
import type { MovableClock } from '../domain/clock.ts'
import type { Domain } from '../domain/domain.ts'
import type { Faults } from '../domain/faults.ts'
import { plantFindings } from '../domain/plant-findings.ts'
import { setClock } from '../domain/set-clock.ts'
import { sweep } from '../domain/sweep.ts'
import type { PlantedFindings } from '../rules/planted-findings.ts'
import type { Registry } from '../rules/registry.ts'

/** What a server has to forget, and what it knows again afterwards. */
export interface Resettable {
  readonly domain: Domain
  readonly clock: MovableClock
  readonly worker: Background
  readonly faults: Faults
  /** Of the file of `--findings`. */
  readonly findings: readonly PlantedFindings[]
}

/** Makes a server as it was after its start, or forgets everything of one registry. */
export async function resetServer(
  { domain, clock, worker, faults, findings }: Resettable,
  registry?: Registry,
): Promise<void> {
  await domain.database.clear(registry)
  if (!registry) {
    faults.replace([])
    await setClock(domain.database, clock, { isReset: true })
    await plantFindings(domain, findings)
    // A clock that stood still woke nobody.
    worker.nudge()
  }
  await sweep(domain)
}
