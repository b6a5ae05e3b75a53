import { createPrivateKey, KeyObject, randomBytes, webcrypto, X509Certificate } from 'node:crypto'
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'

/** A certificate and its key, both in PEM. */
export interface Certified {
  readonly certificate: string
  readonly key: string
}

/** A CA that cannot be used. The message says why, and what to do. */
export class UnusableTls extends Error {
  override readonly name = 'UnusableTls'
}

export interface Authority {
  /** Its own certificate, in PEM: what clients are to trust. */
  readonly certificate: string
  /**
   * Certifies that this server is meant by the names and addresses.
   *
   * @param now epoch milliseconds, from an hour before which it is good
   */
  issue(names: readonly string[], now: number): Promise<Certified & { readonly expiresAt: number }>
}

const HOUR = 60 * 60 * 1000
const DAY = 24 * HOUR
/** A CA goes into trust stores by hand: it should not have to again soon. */
const AUTHORITY_LIFE = 3650 * DAY
/** Apple's clients take none that live for more than 825 days; short ones cost nothing here. */
const LEAF_LIFE = 90 * DAY
/** Clocks of containers and virtual machines may be behind. */
const EARLIER = HOUR

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/*
 * In the data directory:
 *
 *   tls/           0700
 *   ├── ca.pem     the CA's certificate, 0600
 *   └── ca-key.pem its key, 0600
 */

/**
 * The CA of a data directory, made when there is none.
 *
 * @param now epoch milliseconds
 * @throws UnusableTls for files that are no CA, or one that has expired
 */
export async function openAuthority(dataDirectory: string, now: number): Promise<Authority> {
  const directory = join(dataDirectory, 'tls')
  const existing = await readAuthority(directory, now)
  return authorityOf(existing ?? (await makeAuthority(directory, now)))
}

async function readAuthority(directory: string, now: number): Promise<Certified | undefined> {
  const [certificate, key] = await Promise.all(
    ['ca.pem', 'ca-key.pem'].map((name) => readIfThere(join(directory, name))),
  )
  if (certificate === undefined && key === undefined) return undefined
  const advice = `remove the directory to have a new CA made, which clients have to be told to trust again`
  if (certificate === undefined || key === undefined)
    throw new UnusableTls(`${directory} has only one of ca.pem and ca-key.pem; ${advice}`)
  let expiresAt: number
  try {
    const parsed = new X509Certificate(certificate)
    if (!parsed.checkPrivateKey(createPrivateKey(key))) throw new Error('the key is of another certificate')
    expiresAt = Date.parse(parsed.validTo)
  } catch (error) {
    throw new UnusableTls(`${directory} has no usable CA (${(error as Error).message}); ${advice}`)
  }
  if (expiresAt < now + LEAF_LIFE)
    throw new UnusableTls(`the CA in ${directory} expires at ${new Date(expiresAt).toISOString()}; ${advice}`)
  return { certificate, key }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function makeAuthority(directory: string, now: number): Promise<Certified> {
  const x509 = await loadX509()
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    // Trust stores go by the name: two CAs must not share one.
    name: `O=ecr-local, CN=ecr-local CA ${randomBytes(4).toString('hex')}`,
    notBefore: new Date(now - EARLIER),
    notAfter: new Date(now + AUTHORITY_LIFE),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  const certified = { certificate: `${made.toString('pem')}\n`, key: pemOf(keys.privateKey) }
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await chmod(directory, 0o700)
  // The certificate comes last: where it is, the key is whole.
  await writeWhole(join(directory, 'ca-key.pem'), certified.key)
  await writeWhole(join(directory, 'ca.pem'), certified.certificate)
  return certified
}

async function writeWhole(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text, { mode: 0o600 })
  await rename(`${file}.new`, file)
}

function authorityOf({ certificate, key }: Certified): Authority {
  return {
    certificate,
    async issue(names, now) {
      const x509 = await loadX509()
      const issuer = new x509.X509Certificate(certificate)
      const signingKey = await importKey(key)
      const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
      const expiresAt = now + LEAF_LIFE
      const leaf = await x509.X509CertificateGenerator.create({
        subject: 'O=ecr-local, CN=ecr-local',
        issuer: issuer.subject,
        notBefore: new Date(now - EARLIER),
        notAfter: new Date(expiresAt),
        publicKey: keys.publicKey,
        signingKey,
        signingAlgorithm: ALGORITHM,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
          new x509.SubjectAlternativeNameExtension(
            names.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value })),
          ),
          await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
          await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
        ],
      })
      return { certificate: `${leaf.toString('pem')}\n`, key: pemOf(keys.privateKey), expiresAt }
    },
  }
}

/** Takes longer than everything else of TLS: only what makes a certificate waits for it. */
async function loadX509(): Promise<typeof import('@peculiar/x509')> {
  await import('reflect-metadata')
  return import('@peculiar/x509')
}

function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' })
  return webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign'])
}

function pemOf(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }) as string
}
