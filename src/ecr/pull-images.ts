import type { Domain } from '../domain/domain.ts'
import { isRefused, type RefusalCode, Refused } from '../domain/errors.ts'
import { messageOf } from '../domain/messages.ts'
import { pullImage } from '../domain/pull-image.ts'
import { importEnded, type Pull } from '../domain/pull-through.ts'
import { ruleFor } from '../domain/pull-through-rule.ts'
import type { ImageFailure, ImageFailureCode, ImageIdentifier } from '../generated/ecr/types.ts'
import { distinct, imageFailure } from './image-failures.ts'

/** What keeps one image of a batch away, and not the batch. */
const FAILURE_CODES: { readonly [Code in RefusalCode]?: ImageFailureCode } = {
  UpstreamDenied: 'UpstreamAccessDenied',
  UpstreamThrottled: 'UpstreamTooManyRequests',
  UpstreamUnavailable: 'UpstreamUnavailable',
  KmsRefused: 'KmsError',
}

/**
 * Fetches the images of a batch that have to come from an upstream, whole; answers with those that are to be looked
 * for here, each once, and why the others did not come.
 *
 * @throws Refused UpstreamLoginMissing, QuotaExceeded
 */
export async function pullImages(
  domain: Domain,
  pull: Pull,
  asked: readonly ImageIdentifier[],
): Promise<{ imageIds: ImageIdentifier[]; failures: ImageFailure[] }> {
  const wanted = distinct(asked)
  const { registry, repositoryName } = pull.repository
  // What most repositories are: filled by pushes alone.
  const rule = await domain.database.read((tx) => ruleFor(tx, registry, repositoryName))
  if (!rule) return { imageIds: wanted, failures: [] }

  const imageIds: ImageIdentifier[] = []
  const failures: ImageFailure[] = []
  for (const imageId of wanted) {
    const failure = await pullOne(domain, pull, imageId)
    if (failure) failures.push(failure)
    else imageIds.push(imageId)
  }
  return { imageIds, failures }
}

async function pullOne(
  domain: Domain,
  pull: Pull,
  imageId: ImageIdentifier,
): Promise<ImageFailure | undefined> {
  try {
    const begun = await pullImage(domain, pull, imageId)
    if (begun) await importEnded(begun)
    return undefined
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    const { code }: Refused = error
    if (code === 'ImageUnknown') return imageFailure(imageId, 'ImageNotFound')
    const failureCode = FAILURE_CODES[code]
    if (!failureCode) throw error
    return { imageId, failureCode, failureReason: messageOf(error) }
  }
}

/**
 * Has what keeps something of an upstream away told as the exception that an operation has for it, the one that it
 * declares but for a repository that is missing.
 *
 * @param refusal what is told, made of the reason
 */
export async function toldAs<Result>(
  refusal: (reason: string) => Refused,
  work: Promise<Result>,
): Promise<Result> {
  try {
    return await work
  } catch (error) {
    const isDeclared = isRefused(error, 'RepositoryUnknown') || isRefused(error, 'StorageFull')
    throw error instanceof Refused && !isDeclared ? refusal(messageOf(error)) : error
  }
}
