import { Refused } from '../../domain/errors.ts'
import { EXCLUSIONS, pullTimeExclusions } from '../../domain/pull-times.ts'
import { operation } from '../operation.ts'

/**
 * Has pulls of a principal recorded again.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeregisterPullTimeUpdateExclusion.html
 */
export const DeregisterPullTimeUpdateExclusion = operation(
  'DeregisterPullTimeUpdateExclusion',
  async ({ principalArn }, { domain, registry }) => {
    await domain.database.write(async (tx) => {
      const exclusions = await pullTimeExclusions(tx, registry)
      const left = exclusions.filter((exclusion) => exclusion.principalArn !== principalArn)
      if (left.length === exclusions.length)
        throw new Refused('ExclusionUnknown', { registryId: registry.accountId, principalArn })

      await tx.registrySettings.put(registry, EXCLUSIONS, left)
    })

    return { principalArn }
  },
)
