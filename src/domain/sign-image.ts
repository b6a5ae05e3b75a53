import { parseDigest } from '../rules/digest.ts'
import { OCI_MANIFEST } from '../rules/media-types.ts'
import { JWS_ENVELOPE, NOTATION_SIGNATURE, notationAnnotations, notationEnvelope } from '../rules/notation.ts'
import type { Registry } from '../rules/registry.ts'
import type { Image, Signing } from '../store/database.ts'
import type { Domain, RepositoryReference } from './domain.ts'
import { Refused } from './errors.ts'
import { enqueue, type JobPayloads } from './jobs.ts'
import { messageOf } from './messages.ts'
import { pushManifest } from './push-manifest.ts'
import { serverSigner } from './signer.ts'
import { storeBlob } from './store-blob.ts'

/** image-spec, "Guidance for an empty descriptor". */
const EMPTY_CONFIG = 'application/vnd.oci.empty.v1+json'

/**
 * Signs an image and stores the signature, in the Notary Project's format, as a referrer of it in the same
 * repository. An image that is gone is not signed.
 */
export async function signImage(
  domain: Domain,
  registry: Registry,
  { repositoryName, imageDigest, signingProfileArn }: JobPayloads['signImage'],
): Promise<void> {
  const reference = { registry, repositoryName }
  const image = await unsignedImage(domain, reference, imageDigest, signingProfileArn)
  if (!image) return
  const outcome = await storeSignature(domain, reference, image).then(complete, failed)
  await domain.database.write(async (tx) => {
    await tx.signings.end(image.id, { signingProfileArn, ...outcome })
    // Deleted meanwhile: what deleted it may not have seen the signature.
    if (!(await tx.images.findByDigest(image.repositoryId, image.digest)))
      await enqueue(tx, domain, 'deleteReferrers', {
        registry,
        payload: { repositoryName, subject: image.digest },
        dueAt: domain.clock.now(),
      })
  })
}

type Outcome = Omit<Signing, 'signingProfileArn'>

function complete(): Outcome {
  return { status: 'COMPLETE' }
}

/** A rule that turns the signature down is the end of it; trouble of another kind, a full disk too, may pass. */
function failed(error: unknown): Outcome {
  if (!(error instanceof Refused)) throw error
  return { status: 'FAILED', failureCode: error.code, failureReason: messageOf(error) }
}

async function unsignedImage(
  { database }: Domain,
  { registry, repositoryName }: RepositoryReference,
  imageDigest: string,
  signingProfileArn: string,
): Promise<Image | undefined> {
  const digest = parseDigest(imageDigest)
  return database.read(async (tx) => {
    const repository = await tx.repositories.find(registry, repositoryName)
    const image = repository && digest && (await tx.images.findByDigest(repository.id, digest))
    const signings = image ? await tx.signings.list(image.id) : []
    const mine = signings.find((signing) => signing.signingProfileArn === signingProfileArn)
    return mine?.status === 'IN_PROGRESS' ? image : undefined
  })
}

async function storeSignature(domain: Domain, reference: RepositoryReference, image: Image): Promise<void> {
  const signer = await serverSigner(domain)
  const signedAt = domain.clock.now()
  const subject = { mediaType: image.mediaType, digest: image.digest, size: image.manifestBytes }
  const config = await storeBlob(domain, reference, Buffer.from('{}'))
  const envelope = await storeBlob(domain, reference, notationEnvelope(signer, subject, signedAt))
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType: NOTATION_SIGNATURE,
    config: { mediaType: EMPTY_CONFIG, ...config },
    layers: [{ mediaType: JWS_ENVELOPE, ...envelope }],
    subject,
    annotations: notationAnnotations(signer, signedAt),
  }
  await pushManifest(domain, reference, {
    bytes: Buffer.from(JSON.stringify(manifest)),
    mediaType: OCI_MANIFEST,
    tag: undefined,
    digest: undefined,
    existing: 'accept',
  })
}
