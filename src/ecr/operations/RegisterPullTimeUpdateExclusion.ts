import { Refused } from '../../domain/errors.ts'
import { EXCLUSIONS, pullTimeExclusions } from '../../domain/pull-times.ts'
import { operation } from '../operation.ts'

/**
 * Lets pulls of a role or user leave the recorded pull times of images alone. Sessions of a role count as it.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_RegisterPullTimeUpdateExclusion.html
 */
export const RegisterPullTimeUpdateExclusion = operation(
  'RegisterPullTimeUpdateExclusion',
  async ({ principalArn }, { domain, registry }) => {
    const createdAt = domain.clock.now()
    await domain.database.write(async (tx) => {
      const exclusions = await pullTimeExclusions(tx, registry)
      if (exclusions.some((exclusion) => exclusion.principalArn === principalArn))
        throw new Refused('ExclusionExists', { registryId: registry.accountId, principalArn })
      const limit = domain.quotas.pullTimeUpdateExclusions
      if (exclusions.length >= limit)
        throw new Refused('QuotaExceeded', { quota: 'pull time update exclusions per registry', limit })

      const added = [...exclusions, { principalArn, createdAt }]
      added.sort((one, other) => (one.principalArn < other.principalArn ? -1 : 1))
      await tx.registrySettings.put(registry, EXCLUSIONS, added)
    })

    return { principalArn, createdAt: new Date(createdAt) }
  },
)
