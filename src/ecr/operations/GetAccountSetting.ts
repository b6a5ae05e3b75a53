import { accountSetting, accountSettingName } from '../../domain/account-settings.ts'
import { operation } from '../operation.ts'

/**
 * Shows a setting of the account in the region; one that was never put has its default.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAccountSetting.html
 */
export const GetAccountSetting = operation('GetAccountSetting', async (input, { domain, registry }) => {
  const name = accountSettingName(input.name)
  return { name, value: await domain.database.read((tx) => accountSetting(tx, registry, name)) }
})
