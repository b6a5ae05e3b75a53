import type { PlantedFindings } from '../rules/planted-findings.ts'
import { rescanAll } from './continuous-scan.ts'
import type { Domain } from './domain.ts'

/**
 * Plants findings in place of those before; images that are scanned continuously are scanned again.
 *
 * @throws ZodError
 */
export async function plantFindings(domain: Domain, planted: readonly PlantedFindings[]): Promise<void> {
  if (await domain.plantedFindings.replace(planted)) await rescanAll(domain)
}
