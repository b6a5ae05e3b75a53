import { Refused } from '../../domain/errors.ts'
import { putScanning } from '../../domain/scanning.ts'
import { scanningFault } from '../../rules/scanning.ts'
import { operation } from '../operation.ts'
import { scanningConfigurationShape } from '../scan-shapes.ts'

/**
 * Chooses how the registry's images are scanned, in place of all that was chosen before. Scans of the other type are
 * hidden until it is chosen again.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutRegistryScanningConfiguration.html
 */
export const PutRegistryScanningConfiguration = operation(
  'PutRegistryScanningConfiguration',
  // Without a type it is BASIC: guess.
  async ({ scanType = 'BASIC', rules = [] }, { domain, registry }) => {
    const configuration = { scanType, rules }
    const fault = scanningFault(configuration)
    if (fault) throw new Refused('ParameterInvalid', fault)

    await domain.database.write((tx) => putScanning(tx, domain, registry, configuration))

    return { registryScanningConfiguration: scanningConfigurationShape(configuration) }
  },
)
