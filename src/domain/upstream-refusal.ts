import { UpstreamError } from '../upstream/upstream.ts'
import { type RefusalCode, Refused, refusalOf } from './errors.ts'

/**
 * What kept an image of an upstream away, as whoever pulls is told it: what the upstream did as ECR tells that, what
 * the puller's registry has not room for as it is, and everything else, as that the upload was swept away
 * meanwhile, as an upstream to be asked again.
 *
 * @param missing what it means that the upstream has not what it was asked for; of a part of an image, that the
 *   upstream is out of order
 */
export function upstreamRefusal(
  error: unknown,
  missing = new Refused<RefusalCode>('UpstreamUnavailable', {}),
): unknown {
  if (error instanceof UpstreamError) return refusalOfUpstream(error, missing)
  const refused = refusalOf(error)
  if (!refused || TOLD.includes(refused.code)) return refused ?? error
  return new Refused('UpstreamUnavailable', {}, { cause: error })
}

const TOLD: readonly RefusalCode[] = [
  'KmsRefused',
  'QuotaExceeded',
  'RepositoryUnknown',
  'SecretInaccessible',
  'SecretUndecryptable',
  'SecretUnknown',
  'StorageFull',
  'UpstreamLoginMissing',
]

function refusalOfUpstream(error: UpstreamError, missing: Refused): Refused {
  switch (error.failure) {
    case 'missing':
      return missing
    case 'denied':
      return new Refused('UpstreamDenied', {}, { cause: error })
    case 'throttled':
      return new Refused('UpstreamThrottled', {}, { cause: error })
    case 'unavailable':
      return new Refused('UpstreamUnavailable', {}, { cause: error })
  }
}
