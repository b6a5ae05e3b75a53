import { accountSettingName, putAccountSetting } from '../../domain/account-settings.ts'
import { operation } from '../operation.ts'

/**
 * Chooses a setting of the account in the region.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutAccountSetting.html
 */
export const PutAccountSetting = operation('PutAccountSetting', async (input, { domain, registry }) => {
  const { value } = input
  const name = accountSettingName(input.name)
  await domain.database.write((tx) => putAccountSetting(tx, registry, name, value))

  return { name, value }
})
