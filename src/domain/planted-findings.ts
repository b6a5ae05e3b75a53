import type { PlantedFindings, ReadFindings } from '../rules/planted-findings.ts'
import type { Database } from '../store/database.ts'

const SETTING = 'planted-findings'

/** What scans shall find, by who plants it. */
export interface PlantedFindingsOfServer {
  /** As they were given. */
  written(): readonly PlantedFindings[]
  /** As scans read them. */
  read(): readonly ReadFindings[]
  /**
   * Answers whether they are others than before.
   *
   * @throws ZodError
   */
  replace(planted: readonly PlantedFindings[]): Promise<boolean>
}

/** Findings that were planted are kept, as images are. */
export async function openPlantedFindings(database: Database): Promise<PlantedFindingsOfServer> {
  const kept = await database.read((tx) => tx.settings.get(SETTING))
  let written: readonly PlantedFindings[] = kept ? JSON.parse(kept.toString('utf8')) : []
  let read = await understood(written)
  return {
    written: () => written,
    read: () => read,
    async replace(planted) {
      const parsed = await understood(planted)
      const text = JSON.stringify(planted)
      if (text === JSON.stringify(written)) return false
      await database.write((tx) => tx.settings.put(SETTING, Buffer.from(text)))
      written = planted
      read = parsed
      return true
    },
  }
}

/** Most servers have none: they do without the code that reads them, and what it needs. */
async function understood(planted: readonly PlantedFindings[]): Promise<readonly ReadFindings[]> {
  if (planted.length === 0) return []
  const { plantedFindingsList } = await import('../rules/planted-findings.ts')
  return plantedFindingsList.parse(planted)
}
