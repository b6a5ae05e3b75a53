import type { Router } from 'express'
import type { Domain } from '../domain/domain.ts'
import { plantFindings } from '../domain/plant-findings.ts'
import type { PlantedFindings } from '../rules/planted-findings.ts'

/**
 * What is planted for scans to find; a list that is given takes its place, and images that are scanned continuously
 * are scanned again before the promise resolves.
 *
 * @throws ZodError for a list that cannot be read
 */
export async function changeFindings(
  domain: Domain,
  planted?: readonly PlantedFindings[],
): Promise<readonly PlantedFindings[]> {
  if (planted) {
    await plantFindings(domain, planted)
    await domain.background.settle()
  }
  return domain.plantedFindings.written()
}

export function findingsRoutes(router: Router, domain: Domain): void {
  router.get('/_ecr-local/findings', async (_request, response) => {
    response.json(await changeFindings(domain))
  })
  router.put('/_ecr-local/findings', async (request, response) => {
    response.json(await changeFindings(domain, request.body ?? {}))
  })
}
