import type { Router } from 'express'
import type { Domain } from '../domain/domain.ts'
import { plantFindings } from '../domain/plant-findings.ts'
import type { PlantedFindings } from '../rules/planted-findings.ts'
import { UnusableRequest } from './errors.ts'

/**
 * What is planted for scans to find; a list that is given takes its place, and images that are scanned continuously
 * are scanned again before the promise resolves.
 *
 * @throws ZodError for a list that cannot be read, UnusableRequest for one that could not be told again
 */
export async function changeFindings(
  domain: Domain,
  planted?: readonly PlantedFindings[],
): Promise<readonly PlantedFindings[]> {
  if (planted) {
    mustBeWritable(planted)
    await plantFindings(domain, planted)
    await domain.background.settle()
  }
  return domain.plantedFindings.written()
}

/** JSON can be read that is nested too deep to be written; reports hold members that nobody here looks at. */
function mustBeWritable(planted: readonly PlantedFindings[]): void {
  try {
    JSON.stringify(planted)
  } catch (error) {
    throw new UnusableRequest('The findings are nested too deep', { cause: error })
  }
}

export function findingsRoutes(router: Router, domain: Domain): void {
  router.get('/_ecr-local/findings', async (_request, response) => {
    response.json(await changeFindings(domain))
  })
  router.put('/_ecr-local/findings', async (request, response) => {
    response.json(await changeFindings(domain, request.body ?? {}))
  })
}
