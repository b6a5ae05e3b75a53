import { type PlantedFindings, plantedFindingsList, type ReadFindings } from '../rules/planted-findings.ts'
import type { Database } from '../store/database.ts'
import { rescanAll } from './continuous-scan.ts'
import type { Domain } from './domain.ts'

const SETTING = 'planted-findings'

/** What scans shall find, by who plants it. */
export interface PlantedFindingsOfServer {
  /** As they were given. */
  written(): readonly PlantedFindings[]
  /** As scans read them. */
  read(): readonly ReadFindings[]
  /** @throws ZodError */
  replace(planted: readonly PlantedFindings[]): Promise<void>
}

/** Findings that were planted are kept, as images are. */
export async function openPlantedFindings(database: Database): Promise<PlantedFindingsOfServer> {
  const kept = await database.read((tx) => tx.settings.get(SETTING))
  let written: readonly PlantedFindings[] = kept ? JSON.parse(kept.toString('utf8')) : []
  let read = plantedFindingsList.parse(written)
  return {
    written: () => written,
    read: () => read,
    async replace(planted) {
      const parsed = plantedFindingsList.parse(planted)
      await database.write((tx) => tx.settings.put(SETTING, Buffer.from(JSON.stringify(planted))))
      written = planted
      read = parsed
    },
  }
}

/**
 * Plants findings in place of those before; images that are scanned continuously are scanned again.
 *
 * @throws ZodError
 */
export async function plantFindings(domain: Domain, planted: readonly PlantedFindings[]): Promise<void> {
  if (JSON.stringify(planted) === JSON.stringify(domain.plantedFindings.written())) return
  await domain.plantedFindings.replace(planted)
  await rescanAll(domain)
}
