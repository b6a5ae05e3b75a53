import type { Registry } from '../rules/registry.ts'
import type { Reads, Writes } from '../store/database.ts'
import type { Domain } from './domain.ts'

const HOUR = 60 * 60 * 1000

/** What the counts are kept under. */
const SETTING = 'basicScansByHour'

/** Hours since the epoch, and how many scans were asked for in each. */
type Counts = Readonly<Record<string, number>>

/**
 * Whether a registry had all its basic scans of 24 hours, which begin with an hour of the clock: a push must not wait
 * for its registry's scans to be counted one by one. What is to come, by a clock that was put back, does not count.
 */
export async function isOverScanQuota(tx: Reads, domain: Domain, registry: Registry): Promise<boolean> {
  const counts = Object.values(await countsOf(tx, domain, registry))
  return counts.reduce((sum, count) => sum + count, 0) >= domain.quotas.basicScansPerDay
}

/** Counts a basic scan that was asked for. */
export async function countScan(tx: Writes, domain: Domain, registry: Registry): Promise<void> {
  const counts = await countsOf(tx, domain, registry)
  const hour = hourOf(domain)
  await tx.registrySettings.put(registry, SETTING, { ...counts, [hour]: (counts[hour] ?? 0) + 1 })
}

async function countsOf(tx: Reads, domain: Domain, registry: Registry): Promise<Counts> {
  const kept = (await tx.registrySettings.get<Counts>(registry, SETTING)) ?? {}
  const now = hourOf(domain)
  return Object.fromEntries(
    Object.entries(kept).filter(([hour]) => Number(hour) > now - 24 && Number(hour) <= now),
  )
}

function hourOf({ clock }: Domain): number {
  return Math.floor(clock.now() / HOUR)
}
