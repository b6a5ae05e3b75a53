import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { Config } from '../../config.ts'
import { openAuthority, UnusableTls } from './authority.ts'
import { type OtherConnections, speakBoth } from './both-protocols.ts'
import { type Certificates, issuedCertificates, oneCertificate } from './certificates.ts'

/** TLS as a server speaks it. */
export interface Tls {
  /** What clients are to trust, in PEM; none where a certificate was given, which others certify. */
  readonly authority: string | undefined
  readonly connections: OtherConnections
}

/**
 * Lets a server of HTTP speak TLS too, by the certificate of `--tls-cert`, else by the CA of the data directory.
 *
 * @throws UnusableTls
 */
export async function openTls(
  server: Server,
  config: Config,
  dataDirectory: string,
  onFault: (error: unknown) => void,
): Promise<Tls> {
  const { certificates, authority } = await certificatesOf(config, dataDirectory)
  return { authority, connections: speakBoth(server, certificates, onFault) }
}

async function certificatesOf(
  config: Config,
  dataDirectory: string,
): Promise<{ certificates: Certificates; authority?: string }> {
  const { tlsCert, tlsKey } = config
  if (tlsCert !== undefined && tlsKey !== undefined)
    return { certificates: givenCertificate(tlsCert, tlsKey) }
  // Clients go by their own clocks, whatever ours is set to.
  const authority = await openAuthority(dataDirectory, Date.now())
  return {
    certificates: issuedCertificates(authority, config, Date.now),
    authority: authority.certificate,
  }
}

function givenCertificate(tlsCert: string, tlsKey: string): Certificates {
  try {
    const [certificate, key] = [readFileSync(tlsCert, 'utf8'), readFileSync(tlsKey, 'utf8')]
    // Of empty files TLS makes a server without a certificate.
    if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key)))
      throw new Error('the key is of another certificate')
    return oneCertificate({ certificate, key })
  } catch (error) {
    throw new UnusableTls(`${tlsCert} with the key ${tlsKey} can't be used: ${(error as Error).message}`)
  }
}
