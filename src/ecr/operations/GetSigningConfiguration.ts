import { findSigningConfiguration } from '../../domain/signing-configuration.ts'
import type { SigningConfiguration } from '../../generated/ecr/types.ts'
import { operation } from '../operation.ts'

/**
 * Tells which pushed images are signed, and by which profiles.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetSigningConfiguration.html
 */
export const GetSigningConfiguration = operation(
  'GetSigningConfiguration',
  async (_input, { domain, registry }) => ({
    registryId: registry.accountId,
    signingConfiguration: await domain.database.read((tx) =>
      findSigningConfiguration<SigningConfiguration>(tx, registry),
    ),
  }),
)
