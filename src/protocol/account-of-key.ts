const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
/** IAM user guide, "Understanding unique ID prefixes". */
const TEMPORARY = 'ASIA'
const TWELVE_DIGITS = /^[0-9]{12}$/
/** Newer keys have the highest bit set: the first letter behind the prefix is Q or one after it in base32. */
const AWS_KEY = /^A(?:KIA|SIA|BIA|CCA)[Q-Z2-7][A-Z2-7]{15}$/
const ACCOUNT_BITS = 40n
const LEADING_BITS = 80n - 48n

/**
 * The account of an access key: a key of twelve digits is the account itself; the newer keys of AWS hold it
 * in bits 1 to 40 of what base32 makes of the part behind the prefix (public write-ups of the key format).
 */
export function accountOfAccessKey(accessKeyId: string): string | undefined {
  if (TWELVE_DIGITS.test(accessKeyId)) return accessKeyId
  if (!AWS_KEY.test(accessKeyId)) return undefined
  let bits = 0n
  for (const letter of accessKeyId.slice(4)) bits = (bits << 5n) | BigInt(BASE32.indexOf(letter))
  const account = (bits >> (LEADING_BITS + 7n)) & ((1n << ACCOUNT_BITS) - 1n)
  const digits = account.toString().padStart(12, '0')
  // Some made-up keys hold no number that could be an account's.
  return TWELVE_DIGITS.test(digits) ? digits : undefined
}

/** Whether a key may be one of `temporaryAccessKey`. */
export function isTemporaryAccessKey(accessKeyId: string): boolean {
  return accessKeyId.startsWith(TEMPORARY)
}

/**
 * An access key of temporary credentials in which `accountOfAccessKey` finds the account.
 *
 * @param random at least 5 bytes, of which the rest of the key is made
 */
export function temporaryAccessKey(accountId: string, random: Uint8Array): string {
  let filling = 0n
  for (const byte of random.subarray(0, 5)) filling = (filling << 8n) | BigInt(byte)
  const mask = (1n << (LEADING_BITS + 7n)) - 1n
  let bits = (1n << 79n) | (BigInt(accountId) << (LEADING_BITS + 7n)) | (filling & mask)
  let letters = ''
  for (let index = 0; index < 16; index += 1) {
    letters = `${BASE32[Number(bits & 31n)]}${letters}`
    bits >>= 5n
  }
  return `${TEMPORARY}${letters}`
}
