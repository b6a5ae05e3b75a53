import { createHash, sign, X509Certificate } from 'node:crypto'

/** The Notary Project's names (notaryproject specifications, "signature-specification" and "signature-envelope-jws"). */
export const NOTATION_SIGNATURE = 'application/vnd.cncf.notary.signature'
export const JWS_ENVELOPE = 'application/jose+json'
const PAYLOAD = 'application/vnd.cncf.notary.payload.v1+json'
const THUMBPRINTS = 'io.cncf.notary.x509chain.thumbprint#S256'

/** Who signs: PEM of a P-256 key and of its certificate. */
export interface Signer {
  readonly privateKey: string
  readonly certificate: string
}

export interface SignedDescriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

/**
 * A signature of a manifest: a JWS in JSON, whose payload names the manifest and whose header holds the signer's
 * certificate.
 *
 * @param signedAt epoch milliseconds
 */
export function notationEnvelope(
  { privateKey, certificate }: Signer,
  targetArtifact: SignedDescriptor,
  signedAt: number,
): Buffer {
  const protectedHeader = {
    alg: 'ES256',
    cty: PAYLOAD,
    crit: ['io.cncf.notary.signingScheme'],
    'io.cncf.notary.signingScheme': 'notary.x509',
    'io.cncf.notary.signingTime': new Date(signedAt).toISOString().replace(/\.\d{3}Z$/, 'Z'),
  }
  const head = base64url(protectedHeader)
  const payload = base64url({ targetArtifact })
  const signature = sign('sha256', Buffer.from(`${head}.${payload}`), {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
  })
  const envelope = {
    payload,
    protected: head,
    header: {
      x5c: [new X509Certificate(certificate).raw.toString('base64')],
      'io.cncf.notary.signingAgent': 'ecr-local',
    },
    signature: signature.toString('base64url'),
  }
  return Buffer.from(JSON.stringify(envelope))
}

/** The annotations of a signature's manifest. */
export function notationAnnotations({ certificate }: Signer, signedAt: number): Record<string, string> {
  const thumbprint = createHash('sha256').update(new X509Certificate(certificate).raw).digest('hex')
  return {
    [THUMBPRINTS]: JSON.stringify([thumbprint]),
    'org.opencontainers.image.created': new Date(signedAt).toISOString().replace(/\.\d{3}Z$/, 'Z'),
  }
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
