import { findScanning } from '../../domain/scanning.ts'
import { operation } from '../operation.ts'
import { scanningConfigurationShape } from '../scan-shapes.ts'

/**
 * Tells how the registry's images are scanned: BASIC without rules, until something else is chosen.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetRegistryScanningConfiguration.html
 */
export const GetRegistryScanningConfiguration = operation(
  'GetRegistryScanningConfiguration',
  async (_input, { domain, registry }) => {
    const configuration = await domain.database.read((tx) => findScanning(tx, registry))
    return {
      registryId: registry.accountId,
      scanningConfiguration: scanningConfigurationShape(configuration),
    }
  },
)
