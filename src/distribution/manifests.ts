import { deleteImage } from '../domain/delete-image.ts'
import { type Caller, type Domain, findRepository, type RepositoryReference } from '../domain/domain.ts'
import { type NamedImage, Refused } from '../domain/errors.ts'
import { findImageToPull } from '../domain/find-image.ts'
import { pullImage } from '../domain/pull-image.ts'
import { importEnded } from '../domain/pull-through.ts'
import { recordPull } from '../domain/pull-times.ts'
import { pushManifest } from '../domain/push-manifest.ts'
import { readManifestOf } from '../domain/read-manifest.ts'
import { translateManifest } from '../domain/translate-manifest.ts'
import type { ManifestBytes } from '../rules/convert-manifest.ts'
import { algorithmOf, type Digest, isDigestShaped } from '../rules/digest.ts'
import { MAX_MANIFEST_BYTES } from '../rules/manifest.ts'
import {
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  DOCKER_MANIFEST_V1,
  DOCKER_MANIFEST_V1_SIGNED,
  OCI_INDEX,
  OCI_MANIFEST,
} from '../rules/media-types.ts'
import { isOciTag } from '../rules/names.ts'
import { wholeBody } from '../rules/request-body.ts'
import type { Image } from '../store/database.ts'
import { entityTagOf, isKnown, sendNotModified } from './entity-tag.ts'
import { RegistryError } from './errors.ts'
import {
  digestToFind,
  digestToPush,
  type Exchange,
  enter,
  refuseMethod,
  sendEmpty,
  targetOf,
} from './exchange.ts'

/** end-3, end-7, end-9: a manifest by tag or digest. */
export async function answerManifest(exchange: Exchange, name: string, reference: string): Promise<void> {
  switch (exchange.request.method) {
    case 'GET':
    case 'HEAD':
      return readManifest(exchange, await enter(exchange, 'ecr:BatchGetImage', name), reference)
    case 'PUT':
      return writeManifest(exchange, await enter(exchange, 'ecr:PutImage', name), reference)
    case 'DELETE':
      return removeManifest(exchange, await enter(exchange, 'ecr:BatchDeleteImage', name), reference)
    default:
      refuseMethod(exchange, 'GET, HEAD, PUT, DELETE')
  }
}

/** What a reference names. What is neither a tag nor a digest names nothing. */
function named(reference: string): NamedImage {
  return isDigestShaped(reference) ? { imageDigest: reference } : { imageTag: reference }
}

async function readManifest(
  exchange: Exchange,
  repositoryReference: RepositoryReference,
  reference: string,
): Promise<void> {
  const { domain, door, request, response } = exchange
  const { digest, stored, image } =
    (await pulledManifest(exchange, repositoryReference, reference)) ??
    (await domain.database.read(async (tx) => {
      const repository = await findRepository(tx, repositoryReference)
      const image = await findImageToPull(tx, repository, named(reference))
      return { image, digest: image.digest, stored: await readManifestOf(tx, image) }
    }))
  // ECR has no entity tag of a manifest.
  if (door.wire !== 'spec' || !isKnown(request, entityTagOf(digest)))
    return sendManifest(exchange, repositoryReference, reference, { digest, stored, image })
  sendNotModified(response, digest)
  if (image) recordPull(domain, exchange.caller, exchange.registry, [image])
}

async function sendManifest(
  { domain, door, request, registry, answer }: Exchange,
  { repositoryName }: RepositoryReference,
  reference: string,
  { digest, stored, image }: { digest: Digest; stored: ManifestBytes; image?: Image | undefined },
): Promise<void> {
  const isHead = request.method === 'HEAD'
  // The specification knows no conversion; ECR's is for tags only.
  const isTag = !isDigestShaped(reference)
  const accepted = door.wire === 'ecr' && isTag ? acceptedTypes(request.headers.accept) : []
  const manifest = await translateManifest(domain, stored, accepted, { name: repositoryName, tag: reference })
  answer({
    headers: {
      'Content-Type': manifest.mediaType,
      'Content-Length': manifest.bytes.length,
      // ECR has no digest header on a GET, and an empty `Sizes` on a HEAD (containers-roadmap#1931).
      ...((door.wire === 'spec' || isHead) && { 'Docker-Content-Digest': digest }),
      ...(door.wire === 'spec' ? { ETag: entityTagOf(digest) } : isHead && { Sizes: '' }),
    },
    body: isHead ? undefined : manifest.bytes,
    pulled: image && { image: { id: image.id, lastPulledAt: image.lastPulledAt }, registry },
  })
}

/**
 * The manifest of an image that comes from an upstream, before its layers are here: these are sent while they
 * come. What ECR's own wire makes of it, conversions and links, wants all of it.
 */
async function pulledManifest(
  { domain, door, caller }: Exchange,
  repository: RepositoryReference,
  reference: string,
): Promise<{ digest: Digest; stored: ManifestBytes; image?: undefined } | undefined> {
  const pulled = await pullImage(domain, { caller, repository }, named(reference))
  if (!pulled) return undefined
  if (door.wire === 'ecr') await importEnded(pulled)
  const { digest, bytes, mediaType } = await pulled.manifest
  // An import that fails is told to whoever asks for the rest of the image.
  pulled.done.then(() => recordImport(domain, caller, repository, digest)).catch(() => undefined)
  return { digest, stored: { bytes, mediaType } }
}

async function recordImport(
  domain: Domain,
  caller: Caller,
  repository: RepositoryReference,
  digest: Digest,
): Promise<void> {
  const image = await domain.database.read(async (tx) => {
    const { id } = await findRepository(tx, repository)
    return tx.images.findByDigest(id, digest)
  })
  if (image) recordPull(domain, caller, repository.registry, [image])
}

function acceptedTypes(header: string | undefined): string[] {
  return (header ?? '').split(',').map((entry) => (entry.split(';')[0] ?? '').trim())
}

async function writeManifest(
  exchange: Exchange,
  repository: RepositoryReference,
  reference: string,
): Promise<void> {
  const { domain } = exchange
  const digest = isDigestShaped(reference) ? digestToPush(exchange, reference, 'imageDigest') : undefined
  const tags = digest === undefined ? [reference] : tagsIn(exchange)
  for (const imageTag of tags) if (!isOciTag(imageTag)) throw new Refused('TagInvalid', { imageTag })
  const mediaType = mediaTypeOf(exchange)
  const bytes = await readManifestBody(exchange)
  const [tag, ...moreTags] = tags
  const image = await pushManifest(domain, repository, {
    bytes,
    mediaType,
    tag,
    moreTags,
    digest,
    ...(digest && { digestAlgorithm: algorithmOf(digest) }),
    existing: 'accept',
    pusher: exchange.caller,
  })

  sendEmpty(exchange, 201, {
    Location: targetOf(exchange, `/v2/${repository.repositoryName}/manifests/${image.digest}`),
    'Docker-Content-Digest': image.digest,
    // distribution-spec, "Pushing Manifests with Subject".
    ...(image.subject && { 'OCI-Subject': image.subject }),
    ...(digest && tags.length > 0 && { 'OCI-Tag': tags.join(', ') }),
  })
}

/** Of tags in one push, more are refused; the specification asks for ten. */
const MAX_TAGS = 100

/** end-7b: tags that an image pushed by digest is to have. ECR does not know them. */
function tagsIn({ door, query }: Exchange): readonly string[] {
  if (door.wire === 'ecr') return []
  const tags = [...new Set(query.getAll('tag'))]
  if (tags.length > MAX_TAGS)
    throw new RegistryError('TAG_INVALID', 414, `There are more than ${MAX_TAGS} tags in one push`)
  return tags
}

/** What ECR takes as a manifest (user guide, "Image manifest formats"); others it calls bad JSON (buildkit#6171). */
const ECR_TYPES: readonly string[] = [
  DOCKER_MANIFEST_V1,
  DOCKER_MANIFEST_V1_SIGNED,
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  OCI_MANIFEST,
  OCI_INDEX,
]

/** The media type of a pushed manifest, without parameters, which ECR refuses (sigstore-js#1058). */
function mediaTypeOf({ door, request }: Exchange): string | undefined {
  const header = request.headers['content-type']
  if (!header) return undefined
  if (door.wire === 'ecr' && !ECR_TYPES.includes(header))
    throw new Refused('ManifestInvalid', { reason: 'Invalid JSON syntax' })
  const [mediaType = ''] = header.split(';')
  return mediaType.trim()
}

async function readManifestBody({ request }: Exchange): Promise<Buffer> {
  const body = await wholeBody(request, MAX_MANIFEST_BYTES)
  if (!body) throw new Refused('ManifestTooLarge', { limitInBytes: MAX_MANIFEST_BYTES })
  return body
}

async function removeManifest(
  exchange: Exchange,
  repositoryReference: RepositoryReference,
  reference: string,
): Promise<void> {
  await exchange.domain.database.write(async (tx) => {
    const repository = await findRepository(tx, repositoryReference)
    if (isDigestShaped(reference)) digestToFind(exchange, reference, 'imageDigest')
    await deleteImage(tx, exchange.domain, repository, named(reference), {
      untags: exchange.door.wire === 'spec',
    })
  })
  sendEmpty(exchange, 202, {})
}
