import { isExcluded, isPullDue } from '../rules/pull-time.ts'
import type { Registry } from '../rules/registry.ts'
import type { Image, Reads } from '../store/database.ts'
import type { Caller, Domain } from './domain.ts'

/** What the exclusions of a registry are kept under. */
export const EXCLUSIONS = 'pullTimeUpdateExclusions'

/** A principal whose pulls leave no trace. */
export interface PullTimeExclusion {
  readonly principalArn: string
  /** Epoch milliseconds. */
  readonly createdAt: number
}

/** What there is to know of an image to note that it was pulled. */
export type PulledImage = Pick<Image, 'id' | 'lastPulledAt'>

/** The exclusions of a registry, in the order of their ARNs. */
export async function pullTimeExclusions(
  { registrySettings }: Reads,
  registry: Registry,
): Promise<readonly PullTimeExclusion[]> {
  return (await registrySettings.get<PullTimeExclusion[]>(registry, EXCLUSIONS)) ?? []
}

/**
 * Notes that images were pulled. Nobody waits for it, and a pull that could not be noted, as on a full disk, is
 * made up for by the next one.
 */
export function recordPull(
  domain: Domain,
  caller: Pick<Caller, 'principalArn'>,
  registry: Registry,
  images: readonly PulledImage[],
): void {
  const now = domain.clock.now()
  const due = images.filter(({ lastPulledAt }) => isPullDue(lastPulledAt, now))
  if (due.length > 0) note(domain, caller, registry, due, now).catch(() => undefined)
}

async function note(
  { database }: Domain,
  { principalArn }: Pick<Caller, 'principalArn'>,
  registry: Registry,
  images: readonly PulledImage[],
  now: number,
): Promise<void> {
  const exclusions = await database.read((tx) => pullTimeExclusions(tx, registry))
  const excluded = exclusions.map((exclusion) => exclusion.principalArn)
  if (isExcluded(principalArn, excluded)) return
  await database.write(async (tx) => {
    for (const { id } of images) await tx.images.setLastPulled(id, now)
  })
}
