import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { type PlantedFindings, plantedFindingsList } from '../rules/planted-findings.ts'

/** The file of `--findings` cannot be read as one; the message says where. */
export class UnusableFindings extends Error {
  override readonly name = 'UnusableFindings'
}

/** @throws UnusableFindings */
export function readFindingsFile(file: string): PlantedFindings[] {
  try {
    const planted: PlantedFindings[] = JSON.parse(readFileSync(file, 'utf8'))
    plantedFindingsList.parse(planted)
    return planted
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message
    throw new UnusableFindings(`${file}: ${reason}`, { cause: error })
  }
}
