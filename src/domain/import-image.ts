import { algorithmOf, type Digest, digestOf, parseDigest } from '../rules/digest.ts'
import { eachAtMost } from '../rules/in-flight.ts'
import { type ManifestFacts, NotAManifest, readManifest } from '../rules/manifest.ts'
import type { Writes } from '../store/database.ts'
import { MANIFEST_TYPES, UpstreamError } from '../upstream/upstream.ts'
import { createRepositoryFor } from './create-repository.ts'
import { type Domain, findRepository, inRepository } from './domain.ts'
import { Refused } from './errors.ts'
import type { ImageSource } from './image-source.ts'
import { importBlob } from './import-blob.ts'
import { type ImageImport, type ImportedManifest, importKey } from './imports.ts'
import { layersInPlace } from './layers-in-place.ts'
import { emitSync, tellFailure } from './pull-through-event.ts'
import { isInForce } from './pull-through-rule.ts'
import { pushManifest } from './push-manifest.ts'

/** Blobs of one image, and images of one index, that are fetched at once. */
const AT_ONCE = 3

/** What names an image at the upstream: a tag, or a digest. */
export type ImportReference = { readonly tag: string } | { readonly digest: Digest }

/**
 * Fetches an image of the upstream into the repository, which is made for it when it is missing: the manifest
 * first, then what it names, to any depth. When all of it is here, it is stored as a push is.
 */
export function importImage(domain: Domain, source: ImageSource, reference: ImportReference): ImageImport {
  return begin(domain, source, reference, () => prepareRepository(domain, source))
}

/** @throws Refused RepositoryUnknown of one that is missing with the rule by which it would be made */
async function prepareRepository(domain: Domain, { repository, rule }: ImageSource): Promise<void> {
  const { registry, repositoryName } = repository
  await domain.database.write(async (tx) => {
    if (await tx.repositories.find(registry, repositoryName)) return
    if (!(await isInForce(tx, registry, rule)))
      throw new Refused('RepositoryUnknown', inRepository(repository))
    await createRepositoryFor(tx, domain, repository, 'PULL_THROUGH_CACHE')
  })
}

function begin(
  domain: Domain,
  source: ImageSource,
  reference: ImportReference,
  /** None for the images of an index: what became of them is told with it. */
  prepare?: () => Promise<void>,
): ImageImport {
  const { images } = domain.imports
  const keyOf = (text: string): string => importKey(source.repository, text)
  const [tag, name] = 'tag' in reference ? [reference.tag, reference.tag] : [undefined, reference.digest]
  return images.join(keyOf(name), () => {
    const manifest = fetchManifest(source, name).then(async (fetched) => {
      await prepare?.()
      // Whoever learnt the digest by the tag asks for it next.
      images.join(keyOf(fetched.digest), () => begun)
      return fetched
    })
    const isTold = prepare !== undefined
    const done = manifest.then((fetched) => store(domain, source, fetched, tag, isTold))
    const begun = { manifest, done }
    return begun
  })
}

async function fetchManifest(source: ImageSource, reference: string): Promise<ImportedManifest> {
  const { bytes, mediaType: given } = await source.upstream.manifest(source.upstreamName, reference)
  const facts = factsOf(bytes, given)
  const mediaType = facts.declaredMediaType ?? given
  // Any JSON would be read as a manifest that names nothing.
  if (mediaType === undefined || !MANIFEST_TYPES.includes(mediaType))
    throw new UpstreamError('unavailable', `The upstream sends a manifest of the type ${mediaType}`)
  const asked = parseDigest(reference)
  return { bytes, mediaType, digest: digestOf(bytes, asked && algorithmOf(asked)), facts }
}

function factsOf(bytes: Buffer, mediaType: string | undefined): ManifestFacts {
  try {
    return readManifest(bytes, mediaType)
  } catch (error) {
    if (!(error instanceof NotAManifest)) throw error
    throw new UpstreamError('unavailable', 'The upstream sends what is no manifest', { cause: error })
  }
}

/** Everything that the manifest names, then the manifest, with the tag by which it was asked for. */
async function store(
  domain: Domain,
  source: ImageSource,
  manifest: ImportedManifest,
  tag: string | undefined,
  isTold: boolean,
): Promise<void> {
  try {
    await importChildren(domain, source, manifest.facts.children)
    await importBlobs(domain, source, manifest.facts)
    const { bytes, mediaType, digest } = manifest
    await pushManifest(domain, source.repository, {
      bytes,
      mediaType,
      tag,
      digest,
      digestAlgorithm: algorithmOf(digest),
      existing: 'accept',
      async alongside(tx, { id }) {
        if (tag !== undefined) await tx.upstreamChecks.note(id, tag, domain.clock.now())
        if (isTold) await emitSync(tx, domain, source, digest, tag, 'SUCCESS')
      },
    })
  } catch (error) {
    // Where even this can't be told, as on a full disk, the failure itself says more.
    const failed = (tx: Writes) => tellFailure(tx, domain, source, manifest.digest, tag)
    if (isTold) await domain.database.write(failed).catch(() => undefined)
    throw error
  }
}

async function importChildren(
  domain: Domain,
  source: ImageSource,
  children: readonly Digest[],
): Promise<void> {
  const missing = await domain.database.read(async (tx) => {
    const { id } = await findRepository(tx, source.repository)
    const absent: Digest[] = []
    for (const digest of children) if (!(await tx.images.findByDigest(id, digest))) absent.push(digest)
    return absent
  })
  // A repository that is deleted meanwhile is not made again.
  await eachAtMost(AT_ONCE, missing, (digest) => begin(domain, source, { digest }).done)
}

async function importBlobs(domain: Domain, source: ImageSource, { blobs }: ManifestFacts): Promise<void> {
  const wanted = blobs.filter(({ isForeign }) => !isForeign).map(({ digest }) => digest)
  const inPlace = await layersInPlace(domain, source.repository, wanted)
  const missing = wanted.filter((digest) => !inPlace.has(digest))
  await eachAtMost(AT_ONCE, missing, (digest) => importBlob(domain, source, digest).done)
}
