import { inRepository } from '../../domain/domain.ts'
import { messages } from '../../domain/messages.ts'
import { findScanning } from '../../domain/scanning.ts'
import type {
  RepositoryScanningConfiguration,
  RepositoryScanningConfigurationFailure,
} from '../../generated/ecr/types.ts'
import { repositoryArn } from '../../rules/registry.ts'
import { scanningOf } from '../../rules/scanning.ts'
import { operation } from '../operation.ts'

/**
 * Tells how the images of repositories are scanned, by the registry's rules and the repositories' own settings. A
 * repository that is not there is a failure of its own.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetRepositoryScanningConfiguration.html
 */
export const BatchGetRepositoryScanningConfiguration = operation(
  'BatchGetRepositoryScanningConfiguration',
  async ({ repositoryNames }, { domain, registry }) => {
    const scanningConfigurations: RepositoryScanningConfiguration[] = []
    const failures: RepositoryScanningConfigurationFailure[] = []
    await domain.database.read(async (tx) => {
      const configuration = await findScanning(tx, registry)
      for (const repositoryName of new Set(repositoryNames)) {
        const repository = await tx.repositories.find(registry, repositoryName)
        if (!repository) {
          // The reason is a guess, by the exception of the same name.
          const failureReason = messages.RepositoryUnknown(inRepository({ registry, repositoryName }))
          failures.push({ repositoryName, failureCode: 'REPOSITORY_NOT_FOUND', failureReason })
          continue
        }
        const { frequency, appliedFilters } = scanningOf(configuration, repository)
        scanningConfigurations.push({
          repositoryArn: repositoryArn(registry, repositoryName),
          repositoryName,
          // A guess for CONTINUOUS_SCAN, whose images are scanned when they are pushed too.
          scanOnPush: frequency !== 'MANUAL',
          scanFrequency: frequency,
          appliedScanFilters: [...appliedFilters],
        })
      }
    })
    return { scanningConfigurations, failures }
  },
)
