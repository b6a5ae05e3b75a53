import { KeyObject, webcrypto } from 'node:crypto'
import type { Signer } from '../rules/notation.ts'
import type { Domain } from './domain.ts'

const SETTING = 'signer'

/** Wherever the server's clock is moved, the certificate is valid there: RFC 5280, 4.1.2.5, has no later end. */
const VALIDITY = { notBefore: new Date(0), notAfter: new Date('9999-12-31T23:59:59Z') }

/**
 * The key by which this server signs, and the certificate that verifies it, made when first asked for. All signing
 * profiles share them: there is no AWS Signer here.
 */
export async function serverSigner({ database }: Domain): Promise<Signer> {
  const existing = await database.read((tx) => tx.settings.get(SETTING))
  const signer = existing ? (JSON.parse(existing.toString()) as Signer) : await makeSigner()
  if (existing) return signer
  return database.write(async (tx) => {
    const earlier = await tx.settings.get(SETTING)
    if (earlier) return JSON.parse(earlier.toString()) as Signer
    await tx.settings.put(SETTING, Buffer.from(JSON.stringify(signer)))
    return signer
  })
}

/** A self-signed certificate as the Notary Project wants one of a signer ("Certificate requirements"). */
async function makeSigner(): Promise<Signer> {
  // Few servers ever sign: what makes certificates is loaded by the first signature.
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'C=US, ST=WA, L=Seattle, O=ecr-local, CN=ecr-local signer',
    ...VALIDITY,
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.codeSigning], true),
    ],
  })
  return {
    privateKey: KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }) as string,
    certificate: certificate.toString('pem'),
  }
}
