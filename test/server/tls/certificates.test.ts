import { X509Certificate } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, describe, expect, it } from 'vitest'
import { type RunningServer, type ServerOptions, startServer } from '../../../src/index.ts'
import { openAuthority } from '../../../src/server/tls/authority.ts'
import { issuedCertificates } from '../../../src/server/tls/certificates.ts'
import { emulator } from '../../support/emulator.ts'
import { plainRequest } from '../../support/http.ts'

const DAY = 24 * 60 * 60 * 1000

const root = mkdtempSync(join(tmpdir(), 'ecr-local-tls-'))
afterAll(() => rmSync(root, { recursive: true }))
const aDirectory = (): string => mkdtempSync(join(root, 'data-'))

/** What `run` makes of a server on these options. */
async function during<Result>(options: ServerOptions, run: (server: RunningServer) => Result) {
  const server = await startServer(options)
  try {
    return await run(server)
  } finally {
    await server.close()
  }
}

/** The certificate that a client is shown which trusts the CA and asks for `name`; or why it goes away. */
function shownTo({ port, ca = '' }: RunningServer, name: string, verify = true) {
  return new Promise<X509Certificate | string>((resolve, reject) => {
    // Without SNI for an address, as every client does.
    const options = { port, ca, host: '127.0.0.1', rejectUnauthorized: verify }
    const isAddress = /^[\d.]+$|:/.test(name)
    const socket = connect({ ...options, ...(!isAddress && { servername: name }) }, () => {
      const certificate = socket.getPeerX509Certificate()
      socket.destroy()
      if (certificate) resolve(certificate)
      else reject(new Error('It showed no certificate'))
    })
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  })
}

describe('a certificate of our own CA', () => {
  const ecr = emulator({
    tls: true,
    allowedHost: ['ECR-local', '192.0.2.7'],
    registryHost: '{account}.{region}.registry.test:{port}',
  })

  it.each([
    'localhost',
    'ecr.localhost',
    '000000000000.dkr.ecr.us-east-1.localhost',
    '123456789012.dkr.ecr.eu-west-1.amazonaws.com',
    '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn',
    '123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu',
    '123456789012.dkr-ecr.eu-west-1.on.aws',
    '123456789012.eu-west-1.registry.test',
    'ecr-local',
    'ECR-LOCAL',
    'host.docker.internal',
    'host.k3d.internal',
  ])('is good for %s', async (name) => {
    const certificate = (await shownTo(ecr.server, name)) as X509Certificate
    expect(certificate.checkHost(name)).toBeTruthy()
    expect(certificate.checkIssued(new X509Certificate(ecr.server.ca ?? ''))).toBe(true)
  })

  it("is good for names of ECR's form below a domain that --registry-host names, and for no other", async () => {
    const registryHost = '{account}.dkr.ecr.{region}.registry.test'
    await during({ tls: true, registryHost }, async (server) => {
      const name = '123456789012.dkr.ecr.eu-west-1.registry.test'
      expect(((await shownTo(server, name)) as X509Certificate).checkHost(name)).toBe(name)
      expect(await shownTo(server, `${name}.evil.example`)).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
    })
  })

  it.each(['127.0.0.1', '::1', '192.0.2.7'])(
    'is good for the address %s, and localhost with it',
    async (ip) => {
      const certificate = (await shownTo(ecr.server, ip, false)) as X509Certificate
      expect([certificate.checkIP(ip), certificate.checkHost('localhost')]).toEqual([ip, 'localhost'])
    },
  )

  it.each([
    'evil.example',
    '123456789012.dkr.ecr.eu-west-1.evil.example',
    'api.ecr.eu-west-1.amazonaws.com',
    's3.amazonaws.com',
    'www.ecr-local',
    'www.host.docker.internal',
    'host.evil.example.internal',
    '123456789012.eu-west-1.registryxtest',
  ])('is not made for %s', async (name) => {
    expect(await shownTo(ecr.server, name)).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
    const certificate = (await shownTo(ecr.server, name, false)) as X509Certificate
    expect(certificate.checkHost('localhost')).toBe('localhost')
  })

  it('may certify servers and nothing else, and lives for three months', async () => {
    const leaf = (await shownTo(ecr.server, 'localhost')) as X509Certificate
    const ca = new X509Certificate(ecr.server.ca ?? '')
    expect([leaf.ca, leaf.keyUsage, ca.ca]).toEqual([false, ['1.3.6.1.5.5.7.3.1'], true])
    const life = Date.parse(leaf.validTo) - Date.now()
    expect(Math.round(life / DAY)).toBe(90)
    expect(Date.parse(ca.validTo) - Date.now()).toBeGreaterThan(3649 * DAY)
  })

  it('is made once for a name, renewed before it expires, and forgotten when there are too many', async () => {
    let now = Date.now()
    const authority = await openAuthority(aDirectory(), now)
    const names = { host: '127.0.0.1', allowedHost: [] }
    const certificates = issuedCertificates(authority, names, () => now, { most: 2 })
    const serialOf = async (name?: string) =>
      new X509Certificate((await certificates.identityFor(name)).certificate).serialNumber

    const first = await serialOf()
    expect(
      await Promise.all([serialOf('localhost'), serialOf('LOCALHOST'), serialOf('evil.example')]),
    ).toEqual([first, first, first])
    now += 59 * DAY
    expect(await serialOf()).toBe(first)
    now += 2 * DAY
    const renewed = await serialOf()
    expect(renewed).not.toBe(first)
    expect(await serialOf()).toBe(renewed)
    // As many as there is room for, and one more.
    const [a] = [await serialOf('a.localhost'), await serialOf('b.localhost')]
    expect(await serialOf('a.localhost')).toBe(a)
    expect(await serialOf()).not.toBe(renewed)
  })
})

describe('the CA', () => {
  const filesOf = (dataDir: string) => ['ca.pem', 'ca-key.pem'].map((name) => join(dataDir, 'tls', name))

  it('is made once in the data directory, readable by its owner alone', async () => {
    const dataDir = aDirectory()
    const ca = await during({ dataDir, tls: true }, (server) => server.ca)
    expect(ca).toMatch(/^-----BEGIN CERTIFICATE-----\n[\s\S]+\n-----END CERTIFICATE-----\n$/)
    const [certificate = '', key = ''] = filesOf(dataDir)
    expect(readFileSync(certificate, 'utf8')).toBe(ca)
    const modeOf = (file: string) => statSync(file).mode & 0o777
    expect([modeOf(join(dataDir, 'tls')), modeOf(key)]).toEqual([0o700, 0o600])
    expect(await during({ dataDir, tls: true }, (server) => server.ca)).toBe(ca)
  })

  it('is at /_ecr-local/ca.pem', async () => {
    await during({ tls: true }, async ({ url, ca }) => {
      const { status, headers, body } = await plainRequest(`${url}/_ecr-local/ca.pem`)
      expect([status, headers['content-type'], body]).toEqual([200, 'application/pem-certificate-chain', ca])
    })
  })

  it('is nowhere without --tls', async () => {
    const dataDir = aDirectory()
    await during({ dataDir }, async (server) => {
      const { status, body } = await plainRequest(`${server.url}/_ecr-local/ca.pem`)
      expect([status, JSON.parse(body)]).toEqual([
        404,
        { error: 'There is no CA here; a server has one with --tls' },
      ])
      expect([server.ca, server.httpsUrl]).toEqual([undefined, undefined])
    })
    expect(existsSync(join(dataDir, 'tls'))).toBe(false)
  })

  const other = aDirectory()
  const advice = 'remove the directory to have a new CA made, which clients have to be told to trust again'

  it.each<[what: string, spoil: (certificate: string, key: string) => void, reason: string]>([
    ['without its key', (_, key) => rmSync(key), 'has only one of ca.pem and ca-key.pem'],
    ['that is none', (file) => writeFileSync(file, 'no'), 'has no usable CA ('],
    [
      'with the key of another',
      (_, key) => writeFileSync(key, readFileSync(join(other, 'tls', 'ca-key.pem'))),
      'has no usable CA (the key is of another certificate)',
    ],
  ])('%s stops the start', async (_what, spoil, reason) => {
    const dataDir = aDirectory()
    await openAuthority(dataDir, Date.now())
    await openAuthority(other, Date.now())
    const [certificate = '', key = ''] = filesOf(dataDir)
    spoil(certificate, key)
    const failure = startServer({ dataDir, tls: true })
    await expect(failure).rejects.toMatchObject({ name: 'UnusableTls' })
    await expect(failure).rejects.toThrow(`${join(dataDir, 'tls')} ${reason}`)
    await expect(failure).rejects.toThrow(advice)
    // Nothing keeps the directory.
    await during({ dataDir }, ({ port }) => expect(port).toBeGreaterThan(0))
  })

  it('that is about to expire stops the start', async () => {
    const dataDir = aDirectory()
    const now = Date.now()
    await openAuthority(dataDir, now - 3600 * DAY)
    await expect(openAuthority(dataDir, now)).rejects.toThrow(
      new RegExp(
        `the CA in .*/tls expires at ${new Date(now + 50 * DAY).toISOString().slice(0, 10)}T.*; ${advice}`,
      ),
    )
  })
})

describe('a certificate that is given', () => {
  /** Files as somebody else's CA would leave them. */
  async function aCertificate(...names: string[]) {
    const directory = aDirectory()
    const authority = await openAuthority(directory, Date.now())
    const { certificate, key } = await authority.issue(names, Date.now())
    const [tlsCert, tlsKey] = [join(directory, 'cert.pem'), join(directory, 'key.pem')]
    writeFileSync(tlsCert, `${certificate}${authority.certificate}`)
    writeFileSync(tlsKey, key)
    return { tlsCert, tlsKey, ca: authority.certificate }
  }

  it('is shown for every name, and no CA is made', async () => {
    const { ca, ...files } = await aCertificate('ecr.example.test', 'localhost')
    const dataDir = aDirectory()
    await during({ dataDir, ...files }, async (server) => {
      expect([server.ca, server.httpsUrl]).toEqual([undefined, `https://localhost:${server.port}`])
      for (const name of ['ecr.example.test', 'localhost'])
        expect(await shownTo({ ...server, ca }, name)).toBeInstanceOf(X509Certificate)
      expect(await shownTo({ ...server, ca }, 'other.example.test')).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
      expect((await plainRequest(`${server.url}/_ecr-local/ca.pem`)).status).toBe(404)
    })
    expect(existsSync(join(dataDir, 'tls'))).toBe(false)
  })

  it.each(['tlsCert', 'tlsKey'] as const)('stops the start when %s is of no use', async (member) => {
    const { ca: _, ...files } = await aCertificate('localhost')
    const reason = `${files.tlsCert} with the key ${files.tlsKey} can't be used: `
    const { ca: __, ...others } = await aCertificate('localhost')
    for (const content of ['no', '', readFileSync(others[member])]) {
      writeFileSync(files[member], content)
      await expect(startServer(files)).rejects.toThrow(reason)
    }
    rmSync(files[member])
    await expect(startServer(files)).rejects.toThrow(`${reason}ENOENT: no such file or directory`)
  })
})
