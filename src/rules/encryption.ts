import { createHash } from 'node:crypto'
import { partitionOf, type Registry } from './registry.ts'

export type EncryptionType = 'AES256' | 'KMS' | 'KMS_DSSE'

export interface ResolvedEncryption {
  readonly encryptionType: EncryptionType
  /** The full ARN of the key; only with KMS. */
  readonly kmsKey?: string | undefined
}

/** Why an encryption configuration is refused. `kms` is what the key service says, the other ECR itself. */
export type EncryptionFault =
  | { readonly kind: 'parameter'; readonly constraint: string }
  | { readonly kind: 'kms'; readonly kmsError: string; readonly message: string }

/** The key that AWS manages for ECR in each account. */
const DEFAULT_ALIAS = 'alias/aws/ecr'

const KEY_ARN = /^arn:[a-z-]+:kms:([a-z0-9-]+):([0-9]{12}):(key|alias)\/(.+)$/
const ALIAS = /^alias\/[a-zA-Z0-9/_-]+$/
/** A UUID, or the id of a key of many regions (KMS developer guide, "Key identifiers"). */
const KEY_ID = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/i

/**
 * What a repository is encrypted by, with the key's full ARN as ECR answers it, whether the caller named
 * the key by id, alias or ARN. There is no key service here: every key that may be there is.
 */
export function resolveEncryption(
  registry: Registry,
  encryptionType: EncryptionType,
  kmsKey: string | undefined,
): ResolvedEncryption | EncryptionFault {
  if (encryptionType === 'AES256') {
    if (kmsKey === undefined) return { encryptionType }
    // Observed: cdk-preflight rules.
    return parameterFault('Encryption key should not be set for AES256 encryption.')
  }
  // ECR user guide: KMS_DSSE is offered in the GovCloud Regions. Text: guess.
  if (encryptionType === 'KMS_DSSE' && !registry.region.startsWith('us-gov-'))
    return parameterFault('Encryption type KMS_DSSE is not supported in this region.')

  const arn = KEY_ARN.exec(kmsKey ?? '')
  if (arn) {
    const [whole, region, accountId = '', kind, name = ''] = arn
    // Observed: cdk-preflight rules.
    if (region !== registry.region) return notFound(`Invalid arn ${region}`)
    const owner = { ...registry, accountId }
    return {
      encryptionType,
      kmsKey: kind === 'key' ? whole : keyArn(owner, keyOfAlias(owner, `alias/${name}`)),
    }
  }
  const name = kmsKey ?? DEFAULT_ALIAS
  if (ALIAS.test(name)) return { encryptionType, kmsKey: keyArn(registry, keyOfAlias(registry, name)) }
  // Guess: what KMS says to DescribeKey of a name that no key can have.
  if (!KEY_ID.test(name)) return notFound(`Invalid keyId '${name}'`)
  return { encryptionType, kmsKey: keyArn(registry, name) }
}

function notFound(message: string): EncryptionFault {
  return { kind: 'kms', kmsError: 'com.amazonaws.kms.model.NotFoundException', message }
}

function parameterFault(reason: string): EncryptionFault {
  return { kind: 'parameter', constraint: `Invalid encryption configuration: ${reason}` }
}

function keyArn({ accountId, region }: Registry, keyId: string): string {
  return `arn:${partitionOf(region)}:kms:${region}:${accountId}:key/${keyId}`
}

/** The key behind an alias: always the same UUID for the same alias of the same account and region. */
function keyOfAlias({ accountId, region }: Registry, alias: string): string {
  const hex = createHash('sha256').update(`${accountId}/${region}/${alias}`).digest('hex')
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}
