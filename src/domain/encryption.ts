import { type EncryptionType, type ResolvedEncryption, resolveEncryption } from '../rules/encryption.ts'
import type { Registry } from '../rules/registry.ts'
import { Refused } from './errors.ts'

/**
 * What a repository is encrypted by, AES256 unless something else is chosen.
 *
 * @throws Refused ParameterInvalid, KmsRefused
 */
export function encryptionFor(
  registry: Registry,
  chosen: { encryptionType: EncryptionType; kmsKey?: string | undefined } | undefined,
): ResolvedEncryption {
  const encryption = resolveEncryption(registry, chosen?.encryptionType ?? 'AES256', chosen?.kmsKey)
  if (!('kind' in encryption)) return encryption
  throw encryption.kind === 'kms'
    ? new Refused('KmsRefused', encryption)
    : new Refused('ParameterInvalid', { member: 'encryptionConfiguration', ...encryption })
}
