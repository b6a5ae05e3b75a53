import { deleteSigningConfiguration, findSigningConfiguration } from '../../domain/signing-configuration.ts'
import type { SigningConfiguration } from '../../generated/ecr/types.ts'
import { operation } from '../operation.ts'

/**
 * Signs no more pushed images, and answers with the rules that held. Signatures stay.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteSigningConfiguration.html
 */
export const DeleteSigningConfiguration = operation(
  'DeleteSigningConfiguration',
  async (_input, { domain, registry }) => {
    const signingConfiguration = await domain.database.write(async (tx) => {
      const existing = await findSigningConfiguration<SigningConfiguration>(tx, registry)
      await deleteSigningConfiguration(tx, registry)
      return existing
    })

    return { registryId: registry.accountId, signingConfiguration }
  },
)
