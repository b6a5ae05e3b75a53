import { Refused } from '../../domain/errors.ts'
import { putSigningConfiguration } from '../../domain/signing-configuration.ts'
import { operation } from '../operation.ts'

/**
 * Chooses which pushed images are signed, and by which profiles, in place of what was chosen before.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutSigningConfiguration.html
 */
export const PutSigningConfiguration = operation(
  'PutSigningConfiguration',
  async ({ signingConfiguration }, { domain, registry }) => {
    for (const { signingProfileArn } of signingConfiguration.rules) {
      const [, , , region] = signingProfileArn.split(':')
      // Text: observed by cdk-preflight rules; the code is a guess.
      if (region !== registry.region)
        throw new Refused('ParameterInvalid', {
          member: 'signingConfiguration',
          constraint: `The region of signing profile ARN ${signingProfileArn} is '${region}' but must be '${registry.region}' (the current region)`,
        })
    }

    await domain.database.write((tx) => putSigningConfiguration(tx, registry, signingConfiguration))

    return { signingConfiguration }
  },
)
