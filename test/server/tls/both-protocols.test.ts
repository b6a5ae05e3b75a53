import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent, request } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { afterAll, describe, expect, it } from 'vitest'
import { type RunningServer, startServer } from '../../../src/index.ts'
import { openAuthority } from '../../../src/server/tls/authority.ts'
import { speakBoth } from '../../../src/server/tls/both-protocols.ts'
import { oneCertificate } from '../../../src/server/tls/certificates.ts'
import { aLayer, aName, aRepository, sha256 } from '../../support/content.ts'
import { emulator } from '../../support/emulator.ts'
import { plainRequest } from '../../support/http.ts'
import { registryClient } from '../../support/registry.ts'
import { rawExchange, rawRequest, statusesIn } from '../../support/sockets.ts'

/** How `plainRequest` reaches a server by HTTPS; by HTTP it needs nothing. */
const trusting = ({ ca }: RunningServer) => ({ tls: { ca } })

/** What comes back of bytes that are sent over a TLS connection of their own. */
async function secureExchange(server: RunningServer, bytes: string, over?: Duplex): Promise<string> {
  const socket = secureSocket(server, over)
  socket.write(bytes)
  return text(socket)
}

function secureSocket({ port, ca = '' }: RunningServer, over?: Duplex): TLSSocket {
  return connectTls({
    ...(over ? { socket: over } : { port, host: '127.0.0.1' }),
    ca,
    servername: 'localhost',
  })
}

/** A connection over which every byte comes alone. */
function dripping(port: number): Duplex {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  const drip = new Duplex({
    read: () => socket.resume(),
    write(chunk: Buffer, _encoding, done) {
      const drop = (index: number): void => {
        if (index === chunk.length) done()
        // Each in a turn of its own, so that the system does not join them.
        else socket.write(chunk.subarray(index, index + 1), () => setImmediate(drop, index + 1))
      }
      drop(0)
    },
    final: (done) => void socket.end(done),
  })
  socket.on('data', (bytes) => drip.push(bytes) || socket.pause())
  socket.on('end', () => drip.push(null))
  return drip
}

describe('a server with TLS', () => {
  const ecr = emulator({ tls: true })
  const quirky = emulator({ tls: true, wire: 'ecr' })

  const schemes = ['http', 'https'] as const
  const urlOf = ({ url, httpsUrl = '' }: RunningServer, scheme: 'http' | 'https') =>
    scheme === 'http' ? url : httpsUrl

  it('has one port, and says under which URL it speaks what', () => {
    const { url, httpsUrl, port } = ecr.server
    expect([url, httpsUrl]).toEqual([`http://localhost:${port}`, `https://localhost:${port}`])
  })

  it.each(schemes)('sends who comes by %s to where it came from', async (scheme) => {
    const { server } = quirky
    const url = urlOf(server, scheme)
    const repositoryName = await aRepository(quirky.client())
    const { digest } = await aLayer(quirky.client(), repositoryName)
    const call = async (operation: string, input: object) => {
      const headers = {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AmazonEC2ContainerRegistry_V20150921.${operation}`,
      }
      const body = JSON.stringify(input)
      return JSON.parse(
        (await plainRequest(url, { method: 'POST', headers, body, ...trusting(server) })).body,
      )
    }
    const { authorizationData } = await call('GetAuthorizationToken', {})
    expect(authorizationData[0].proxyEndpoint).toBe(url)
    const { repository } = await call('CreateRepository', { repositoryName: aName() })
    expect(repository.repositoryUri).toBe(`localhost:${server.port}/${repository.repositoryName}`)
    // Its digest and name are of another region's registry than that of the default client.
    const authorization = await registryClient(quirky).authorization()
    const challenge = await plainRequest(`${url}/v2/`, trusting(server))
    expect(challenge.headers['www-authenticate']).toBe(`Basic realm="${url}/",service="ecr.amazonaws.com"`)
    const begun = await plainRequest(`${url}/v2/${repositoryName}/blobs/uploads/`, {
      method: 'POST',
      headers: { authorization },
      ...trusting(server),
    })
    expect(begun.headers.location).toMatch(`${url}/v2/${repositoryName}/blobs/uploads/`)
    const blob = await plainRequest(`${url}/v2/${repositoryName}/blobs/${digest}`, {
      headers: { authorization },
      ...trusting(server),
    })
    expect([blob.status, blob.headers.location]).toEqual([307, expect.stringMatching(`^${url}/layers/`)])
    expect((await plainRequest(blob.headers.location ?? '', trusting(server))).status).toBe(200)
  })

  it.each(schemes)('keeps a connection of %s for the next request', async (scheme) => {
    const agent = new (scheme === 'http' ? HttpAgent : HttpsAgent)({ keepAlive: true, maxSockets: 1 })
    const ports = new Set<number>()
    for (let times = 0; times < 3; times += 1) {
      const sent = plainRequest(`${urlOf(ecr.server, scheme)}/v2/`, { tls: { ca: ecr.server.ca, agent } })
      expect((await sent).status).toBe(401)
      for (const socket of Object.values(agent.freeSockets).flat()) ports.add(socket?.localPort ?? 0)
    }
    expect(ports.size).toBe(1)
    agent.destroy()
  })

  const get = (line: string, ...headers: string[]) => rawRequest(line, [...headers, 'Connection: close'])

  it.each([
    ['a request', get('GET /v2/'), 401],
    ['a request that wants another protocol', get('GET /v2/', 'Upgrade: h2c', 'Connection: upgrade'), 401],
    ['what is no request', 'hello\r\n\r\n', 400],
    ['what begins as no request does', '\x00\x01\x02\x03\r\n\r\n', 400],
  ])('answers %s over both alike', async (_what, bytes, status) => {
    expect(statusesIn(await rawExchange(ecr.server.port, bytes))).toEqual([status])
    expect(statusesIn(await secureExchange(ecr.server, bytes))).toEqual([status])
  })

  it('understands a client whose bytes come one by one', async () => {
    const plain = dripping(ecr.server.port)
    plain.write(get('GET /v2/'))
    expect(statusesIn(await text(plain))).toEqual([401])
    const over = dripping(ecr.server.port)
    expect(statusesIn(await secureExchange(ecr.server, get('GET /v2/'), over))).toEqual([401])
  })

  it('answers requests that come at once, in their order', async () => {
    const bytes = `${rawRequest('GET /v2/', [])}${rawRequest('PUT /v2/', [])}${get('GET /layers/x')}`
    expect(statusesIn(await rawExchange(ecr.server.port, bytes))).toEqual([401, 401, 403])
    expect(statusesIn(await secureExchange(ecr.server, bytes))).toEqual([401, 401, 403])
  })

  it('takes a blob of a megabyte whole over TLS', async () => {
    const name = await aRepository(ecr.client())
    const bytes = 'x'.repeat(1024 * 1024)
    const digest = sha256(Buffer.from(bytes))
    const headers = { authorization: await registryClient(ecr).authorization() }
    const url = `${ecr.server.httpsUrl}/v2/${name}/blobs`
    const put = { method: 'POST', headers, body: bytes, ...trusting(ecr.server) }
    expect((await plainRequest(`${url}/uploads/?digest=${digest}`, put)).status).toBe(201)
    const got = await plainRequest(`${url}/${digest}`, { headers, ...trusting(ecr.server) })
    expect([got.status, got.body === bytes]).toEqual([200, true])
  })

  it('lets go of who breaks off before a word, and of a handshake that is none', async () => {
    const silent = connect(ecr.server.port, '127.0.0.1')
    silent.resume().end()
    await once(silent, 'close')
    await rawExchange(ecr.server.port, Buffer.from([0x16, 0x03, 0x01, 0x00, 0x04, 0xff, 0, 0, 0]))
    expect((await plainRequest(`${ecr.server.httpsUrl}/v2/`, trusting(ecr.server))).status).toBe(401)
  })

  it('speaks no TLS older than 1.2, and HTTP/1.1 only', async () => {
    const { port, ca = '' } = ecr.server
    const options = { port, ca, servername: 'localhost' }
    const old = connectTls({ ...options, maxVersion: 'TLSv1.1', minVersion: 'TLSv1' })
    const [{ code }] = await once(old, 'error')
    expect(code).toMatch(/PROTOCOL_VERSION|NO_PROTOCOLS_AVAILABLE|UNSUPPORTED_PROTOCOL/)
    const current = connectTls({ ...options, ALPNProtocols: ['h2', 'http/1.1'] })
    await once(current, 'secureConnect')
    expect([current.alpnProtocol, current.getProtocol()]).toEqual(['http/1.1', 'TLSv1.3'])
    current.destroy()
  })

  it('knows in policies whether a call came securely', async () => {
    const registry = registryClient(ecr)
    const repositoryName = await aRepository(ecr.client())
    await registry.pushImage(repositoryName, 'v1')
    const policyText = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 'ecr:BatchGetImage',
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ],
    })
    await ecr.call('SetRepositoryPolicy', { repositoryName, policyText })
    const headers = { authorization: await registry.authorization() }
    const statusBy = async (url = '') =>
      (await plainRequest(`${url}/v2/${repositoryName}/manifests/v1`, { headers, ...trusting(ecr.server) }))
        .status
    expect([await statusBy(ecr.server.url), await statusBy(ecr.server.httpsUrl)]).toEqual([403, 200])
  })
})

describe('close', () => {
  it('takes no more than a second with TLS: silent connections, handshakes, idle ones, a slow upload', async () => {
    const server = await startServer({ tls: true })
    const silent = connect(server.port, '127.0.0.1')
    const midway = connect(server.port, '127.0.0.1')
    await Promise.all([once(silent, 'connect'), once(midway, 'connect')])
    midway.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]))
    const agent = new HttpsAgent({ keepAlive: true })
    await plainRequest(`${server.httpsUrl}/v2/`, { tls: { ca: server.ca, agent } })
    const slow = request(server.httpsUrl ?? '', {
      method: 'POST',
      ca: server.ca,
      headers: { 'content-type': 'application/x-amz-json-1.1', 'content-length': 100 },
    })
    const ends = [once(silent.resume(), 'close'), once(midway.resume(), 'close'), once(slow, 'error')]
    await new Promise((resolve) => slow.write('{', resolve))

    const startedAt = performance.now()
    await server.close()
    expect(performance.now() - startedAt).toBeLessThan(1000)
    await Promise.all(ends)
    agent.destroy()
  })
})

describe('speakBoth', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ecr-local-tls-'))
  afterAll(() => rmSync(directory, { recursive: true }))

  it('waits for the first byte as long as for the headers of a request', async () => {
    const server = createServer({ headersTimeout: 20, requestTimeout: 0 })
    const never = new Promise<never>(() => undefined)
    speakBoth(server, { identityFor: () => never }, () => undefined)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const silent = connect((server.address() as AddressInfo).port, '127.0.0.1')
    await once(silent.resume(), 'close')
    await new Promise((resolve) => server.close(resolve))
  })

  it.each([undefined, 'a.localhost'])('tells why there is no certificate for %s', async (name) => {
    const failure = new Error('no key')
    const certified = await (await openAuthority(directory, Date.now())).issue(['localhost'], Date.now())
    const { identityFor } = oneCertificate(certified)
    const faults: unknown[] = []
    const server = createServer()
    const fails = (asked?: string) => (asked === name ? Promise.reject(failure) : identityFor())
    speakBoth(server, { identityFor: fails }, (error) => faults.push(error))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const socket = connectTls({ port, host: '127.0.0.1', ...(name && { servername: name }) })
    await once(socket, 'error')
    expect(faults).toEqual([failure])
    await new Promise((resolve) => server.close(resolve))
  })
})
