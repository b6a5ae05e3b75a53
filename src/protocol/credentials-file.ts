/** What a profile of a credentials file says of its access key. */
export interface StaticCredentials {
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  /** Twelve digits, from `aws_account_id`. */
  readonly accountId?: string | undefined
}

/** A credentials file that can't be read. The message names the line or profile. */
export class UnusableCredentials extends Error {
  override readonly name = 'UnusableCredentials'
}

const SECTION = /^\[\s*(.+?)\s*\]$/
const SETTING = /^([^=\s]+)\s*=\s*(.*)$/

/**
 * Reads the AWS shared-credentials format: profiles in brackets, each with `aws_access_key_id`,
 * `aws_secret_access_key`, perhaps `aws_session_token` and `aws_account_id`. Answers by access key.
 *
 * @throws UnusableCredentials
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export function parseCredentialsFile(text: string): Map<string, StaticCredentials> {
  const profiles = new Map<string, Record<string, string>>()
  let profile: Record<string, string> | undefined
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue
    const section = SECTION.exec(line)?.[1]
    if (section !== undefined) {
      profile = {}
      profiles.set(section, profile)
      continue
    }
    const [, name, value = ''] = SETTING.exec(line) ?? []
    if (!profile || !name)
      throw new UnusableCredentials(`line ${index + 1} is neither [profile] nor name = value`)
    profile[name.toLowerCase()] = value
  }
  return new Map([...profiles].flatMap(([name, settings]) => credentialsOf(name, settings)))
}

function credentialsOf(profile: string, settings: Record<string, string>): [string, StaticCredentials][] {
  const {
    aws_access_key_id: key,
    aws_secret_access_key: secretAccessKey,
    aws_account_id: accountId,
  } = settings
  // A profile without keys, of a role for instance, signs nothing.
  if (!key) return []
  if (!secretAccessKey) throw new UnusableCredentials(`profile ${profile} has no aws_secret_access_key`)
  if (accountId !== undefined && !/^\d{12}$/.test(accountId))
    throw new UnusableCredentials(`aws_account_id of profile ${profile} is not twelve digits`)
  return [[key, { secretAccessKey, accountId, sessionToken: settings.aws_session_token }]]
}
