import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { aRepository, sha256 } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { plainRequest } from '../support/http.ts'
import {
  denied,
  EXPIRED,
  MANIFEST_UNKNOWN,
  NO_ENDPOINT,
  nameUnknown,
  ociRefusal,
  toldBy,
  UNAUTHORIZED,
} from '../support/oci-errors.ts'
import { repositoryArnOf } from '../support/refusals.ts'
import { jsonOf, type RegistryClient, registryClient } from '../support/registry.ts'
import { rawExchange, rawRequest, statusesIn } from '../support/sockets.ts'

const HOUR = 60 * 60 * 1000
const DIGEST = `sha256:${'0'.repeat(64)}`

afterEach(() => {
  vi.useRealTimers()
})

/** Every endpoint, for the repository `name`. */
const endpoints = (name: string): [method: string, path: string][] => [
  ['GET', '/v2/'],
  ['GET', '/v2/_catalog'],
  ['GET', `/v2/${name}/tags/list`],
  ['GET', `/v2/${name}/manifests/latest`],
  ['HEAD', `/v2/${name}/manifests/latest`],
  ['PUT', `/v2/${name}/manifests/latest`],
  ['DELETE', `/v2/${name}/manifests/latest`],
  ['GET', `/v2/${name}/blobs/${DIGEST}`],
  ['HEAD', `/v2/${name}/blobs/${DIGEST}`],
  ['DELETE', `/v2/${name}/blobs/${DIGEST}`],
  ['POST', `/v2/${name}/blobs/uploads/`],
  ['GET', `/v2/${name}/blobs/uploads/u`],
  ['PATCH', `/v2/${name}/blobs/uploads/u`],
  ['PUT', `/v2/${name}/blobs/uploads/u?digest=${DIGEST}`],
  ['DELETE', `/v2/${name}/blobs/uploads/u`],
  ['GET', `/v2/${name}/referrers/${DIGEST}`],
  ['GET', '/v2/nothing/of/this/kind'],
]

/** `Basic` and the base64 of a user and a password. */
const basic = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

async function passwordOf(client: RegistryClient): Promise<string> {
  const [, encoded = ''] = (await client.authorization()).split(' ')
  return Buffer.from(encoded, 'base64').toString().slice('AWS:'.length)
}

describe('GET /v2/', () => {
  const ecr = emulator()

  it.each(['/v2/', '/v2'])('answers %s with an empty 200 to who is logged in', async (path) => {
    const response = await registryClient(ecr).send(path)
    expect([response.status, await response.text()]).toEqual([200, ''])
    expect(response.headers.get('content-length')).toBe('0')
    expect(response.headers.get('docker-distribution-api-version')).toBe('registry/2.0')
  })

  it.each([
    ['/v2/', 'GET, HEAD'],
    ['/v2/_catalog', 'GET, HEAD'],
    ['/v2/aa/tags/list', 'GET, HEAD'],
    [`/v2/aa/referrers/${DIGEST}`, 'GET, HEAD'],
    ['/v2/aa/manifests/latest', 'GET, HEAD, PUT, DELETE'],
    [`/v2/aa/blobs/${DIGEST}`, 'GET, HEAD, DELETE'],
    ['/v2/aa/blobs/uploads/', 'POST'],
    ['/v2/aa/blobs/uploads/u', 'GET, HEAD, PATCH, PUT, DELETE'],
  ])('refuses methods that %s does not have', async (path, allowed) => {
    const response = await registryClient(ecr).send(path, { method: 'OPTIONS' })
    expect(response.headers.get('allow')).toBe(allowed)
    const refusal = ociRefusal(405, 'UNSUPPORTED', 'The operation is unsupported: OPTIONS')
    expect(await toldBy(response)).toEqual(refusal)
  })

  it.each(['/v2/nothing', '/v2/a/b/c', '/v2//', '/v2/_catalog/', '/v2/aa/manifests/a/b', '/v2/aa/%zz/x'])(
    'has no endpoint at %s',
    async (path) => {
      expect(await toldBy(registryClient(ecr).send(path))).toEqual(NO_ENDPOINT)
    },
  )
})

describe('a request without a login', () => {
  const ecr = emulator()

  it.each(endpoints('no/such-repository'))('is challenged at %s %s', async (method, path) => {
    const response = await registryClient(ecr).send(path, { method, headers: { authorization: '' } })
    expect(response.headers.get('www-authenticate')).toBe(
      `Basic realm="http://${ecr.server.registry}/",service="ecr.amazonaws.com"`,
    )
    expect(response.status).toBe(401)
    if (method === 'HEAD') expect(await response.text()).toBe('')
    else expect(await toldBy(response)).toEqual(UNAUTHORIZED)
  })
})

describe('a login', () => {
  const ecr = emulator()
  const other = emulator()

  /** The password with one member of its envelope, or of the caller within, put in another's place. */
  function altered(password: string, change: Record<string, unknown>): string {
    const decode = (text: string) => JSON.parse(Buffer.from(text, 'base64').toString())
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64')
    const { payload, ...envelope } = decode(password)
    const { caller, ...members } = change as { caller?: object }
    return encode({ payload: encode({ ...decode(payload), ...caller }), ...envelope, ...members })
  }

  const refused = (authorization: string) =>
    toldBy(registryClient(ecr).send('/v2/', { headers: { authorization } }))

  it.each<[string, (password: string) => string]>([
    ['the account', (password) => altered(password, { caller: { accountId: '222233334444' } })],
    ['the region', (password) => altered(password, { caller: { region: 'us-west-2' } })],
    ['the principal', (password) => altered(password, { caller: { principalArn: 'arn:aws:iam::1:root' } })],
    ['a member of the caller', (password) => altered(password, { caller: { more: 1 } })],
    ['the expiration', (password) => altered(password, { expiration: 4_000_000_000 })],
    ['an expiration that is no number', (password) => altered(password, { expiration: 'never' })],
    ['the seal', (password) => altered(password, { datakey: Buffer.alloc(32).toString('base64') })],
    ['the version', (password) => altered(password, { version: '1' })],
    ['the type', (password) => altered(password, { type: 'KEY' })],
    ['the payload', (password) => altered(password, { payload: 'bm90IEpTT04=' })],
    ['a payload that is missing', (password) => altered(password, { payload: undefined })],
    ['its first letter', (password) => `A${password.slice(1)}`],
    ['its last letter', (password) => `${password.slice(0, -1)}A`],
    ['its length', (password) => password.slice(0, -4)],
    ['everything', () => 'password'],
    ['everything, to nothing', () => ''],
    ['everything, to JSON', () => Buffer.from('null').toString('base64')],
  ])('is refused when the password differs in %s', async (_what, change) => {
    const password = await passwordOf(registryClient(ecr))
    expect(change(password)).not.toBe(password)
    expect(await refused(basic('AWS', change(password)))).toEqual(UNAUTHORIZED)
  })

  it('is taken with the very password that is altered above', async () => {
    const password = await passwordOf(registryClient(ecr))
    expect(altered(password, {})).toBe(password)
    const response = await registryClient(ecr).send('/v2/', {
      headers: { authorization: basic('AWS', password) },
    })
    expect(response.status).toBe(200)
  })

  it.each<[string, (authorization: string, password: string) => string]>([
    ['another user', (_, password) => basic('aws', password)],
    ['no user', (_, password) => basic('', password)],
    ['another scheme', (authorization) => authorization.replace('Basic', 'Bearer')],
    ['no scheme', (authorization) => authorization.replace('Basic ', '')],
    ['a scheme alone', () => 'Basic'],
    ['what is not base64', () => 'Basic !!!!'],
    ['base64 of no login', () => `Basic ${Buffer.from('AWS').toString('base64')}`],
    ['two logins', (authorization) => `${authorization}, ${authorization}`],
    ['a signature', () => 'AWS4-HMAC-SHA256 Credential=test/20261124/eu-west-1/ecr/aws4_request'],
  ])('is refused with %s', async (_what, authorizationOf) => {
    const client = registryClient(ecr)
    const authorization = authorizationOf(await client.authorization(), await passwordOf(client))
    expect(await refused(authorization)).toEqual(UNAUTHORIZED)
  })

  it('is refused with the token of another server', async () => {
    expect(await refused(await registryClient(other).authorization())).toEqual(UNAUTHORIZED)
  })

  it('is taken whatever the case of its scheme', async () => {
    const authorization = (await registryClient(ecr).authorization()).replace('Basic', 'bAsIc')
    expect((await registryClient(ecr).send('/v2/', { headers: { authorization } })).status).toBe(200)
  })

  it.each(['used before', 'never used before'])('ends after twelve hours, when %s', async (use) => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 })
    const client = registryClient(ecr)
    await client.authorization()
    if (use === 'used before') expect((await client.send('/v2/')).status).toBe(200)
    vi.setSystemTime(1_800_000_000_000 + 12 * HOUR)
    const response = await client.send('/v2/')
    expect(response.headers.has('www-authenticate')).toBe(false)
    expect(await toldBy(response)).toEqual(EXPIRED)
  })

  it('lasts until then', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 })
    const client = registryClient(ecr)
    await client.authorization()
    vi.setSystemTime(1_800_000_000_000 + 12 * HOUR - 1)
    expect((await client.send('/v2/')).status).toBe(200)
  })
})

describe('the registry of a request', () => {
  const ecr = emulator()
  const ALPHA = { accessKeyId: '111122223333', region: 'eu-west-1' }
  const arnOf = (name: string) => repositoryArnOf(name, { accountId: ALPHA.accessKeyId })

  /** What a login of the default account, or of `identity`, is answered at a host and query. */
  async function ask(path: string, host: string, identity?: { accessKeyId?: string; region?: string }) {
    const authorization = await registryClient(ecr, identity).authorization()
    const url = new URL(path, ecr.server.url)
    const { status, body } = await plainRequest(`${url}`, { headers: { host, authorization } })
    return { status, ...JSON.parse(body || '{}') }
  }

  it('is that of the login, account and region', async () => {
    const name = await aRepository(ecr.client(ALPHA))
    const ofRegion = await aRepository(ecr.client({ ...ALPHA, region: 'us-west-2' }))
    const catalog = async (identity: object) =>
      jsonOf(registryClient(ecr, { ...ALPHA, ...identity }).send('/v2/_catalog'))
    expect(await catalog({})).toEqual({ repositories: [name] })
    expect(await catalog({ region: 'us-west-2' })).toEqual({ repositories: [ofRegion] })
    expect(await catalog({ region: 'us-east-2' })).toEqual({ repositories: [] })
  })

  it.each([
    '111122223333.dkr.ecr.eu-west-1.localhost',
    '111122223333.dkr.ecr.eu-west-1.localhost:3270',
    '111122223333.dkr.ecr.eu-west-1.amazonaws.com',
    '111122223333.dkr-ecr.eu-west-1.on.aws',
    '111122223333.dkr.ecr-fips.eu-west-1.amazonaws.com',
  ])('is the one that the host %s names', async (host) => {
    const name = await aRepository(ecr.client(ALPHA))
    const elsewhere = { ...ALPHA, region: 'ap-south-1' }
    expect(await ask(`/v2/${name}/tags/list`, host, elsewhere)).toEqual({ status: 200, name, tags: [] })
  })

  it('is the one that ns names, behind a mirror', async () => {
    const name = await aRepository(ecr.client(ALPHA))
    const ns = 'ns=111122223333.dkr.ecr.eu-west-1.amazonaws.com'
    const elsewhere = { ...ALPHA, region: 'ap-south-1' }
    expect(await ask(`/v2/${name}/tags/list?${ns}`, 'localhost', elsewhere)).toMatchObject({ status: 200 })
    const host = '111122223333.dkr.ecr.ap-south-1.localhost'
    expect(await ask(`/v2/${name}/tags/list?${ns}`, host, ALPHA)).toMatchObject({ status: 404 })
    expect(await ask(`/v2/${name}/tags/list?ns=docker.io`, 'localhost', ALPHA)).toMatchObject({ status: 200 })
  })

  it('stays the one that ns names in what an answer leads to', async () => {
    const name = await aRepository(ecr.client(ALPHA))
    const ns = '111122223333.dkr.ecr.eu-west-1.amazonaws.com'
    const mirror = registryClient(ecr, { ...ALPHA, region: 'ap-south-1' })
    const begun = await mirror.send(`/v2/${name}/blobs/uploads/?ns=${ns}`, { method: 'POST' })
    // As clients do, which add the digest and nothing else.
    const upload = new URL(begun.headers.get('location') ?? '', ecr.server.url)
    upload.searchParams.set('digest', sha256('bytes'))
    const ended = await mirror.send(`${upload}`, { method: 'PUT', body: 'bytes' })
    expect(ended.status).toBe(201)
    expect(await (await mirror.send(ended.headers.get('location') ?? '')).text()).toBe('bytes')

    const owner = registryClient(ecr, ALPHA)
    const { text } = await owner.pushImage(name, 'a')
    const pushed = await mirror.putManifest(name, `b?ns=${ns}`, text)
    expect(await (await mirror.send(pushed.headers.get('location') ?? '')).text()).toBe(text)
    const page = await mirror.send(`/v2/${name}/tags/list?n=1&ns=${ns}`)
    const [, next = ''] = /^<(.*)>; rel="next"$/.exec(page.headers.get('link') ?? '') ?? []
    expect(await jsonOf(mirror.send(next))).toEqual({ name, tags: ['b'] })
  })

  it('is challenged under the host that the client used', async () => {
    const host = '111122223333.dkr.ecr.eu-west-1.localhost:3270'
    const { headers } = await plainRequest(`${ecr.server.url}/v2/`, { headers: { host } })
    expect(headers['www-authenticate']).toBe(`Basic realm="http://${host}/",service="ecr.amazonaws.com"`)
  })

  it.each([
    ['GET', '/v2/NAME/tags/list', 'ecr:ListImages'],
    ['GET', '/v2/NAME/manifests/latest', 'ecr:BatchGetImage'],
    ['PUT', '/v2/NAME/manifests/latest', 'ecr:PutImage'],
    ['DELETE', '/v2/NAME/manifests/latest', 'ecr:BatchDeleteImage'],
    ['GET', `/v2/NAME/blobs/${DIGEST}`, 'ecr:GetDownloadUrlForLayer'],
    ['DELETE', `/v2/NAME/blobs/${DIGEST}`, 'ecr:BatchDeleteImage'],
    ['POST', '/v2/NAME/blobs/uploads/', 'ecr:InitiateLayerUpload'],
    ['PATCH', '/v2/NAME/blobs/uploads/u', 'ecr:UploadLayerPart'],
    ['PUT', `/v2/NAME/blobs/uploads/u?digest=${DIGEST}`, 'ecr:CompleteLayerUpload'],
    ['GET', `/v2/NAME/referrers/${DIGEST}`, 'ecr:BatchGetImage'],
  ])("refuses another account's login at %s %s", async (method, path, action) => {
    const name = await aRepository(ecr.client(ALPHA))
    const ns = `${path.includes('?') ? '&' : '?'}ns=111122223333.dkr.ecr.eu-west-1.amazonaws.com`
    const refusal = denied(action, arnOf(name))
    const client = registryClient(ecr)
    expect(await toldBy(client.send(path.replace('NAME', name) + ns, { method }))).toEqual(refusal)
    // Whether there is such a repository is not told either.
    expect(await toldBy(client.send(path.replace('NAME', 'no/such') + ns, { method }))).toEqual(
      denied(action, arnOf('no/such')),
    )
  })

  it("does not list another account's repositories", async () => {
    const path = '/v2/_catalog?ns=111122223333.dkr.ecr.eu-west-1.amazonaws.com'
    const all = repositoryArnOf('*', { accountId: '111122223333' })
    expect(await toldBy(registryClient(ecr).send(path))).toEqual(denied('ecr:DescribeRepositories', all))
  })

  it('asks /v2/ itself for a good login only', async () => {
    const host = '111122223333.dkr.ecr.eu-west-1.localhost'
    expect(await ask('/v2/', host)).toEqual({ status: 200 })
  })

  it("names the caller's own account in what it does not know", async () => {
    const client = registryClient(ecr, ALPHA)
    expect(await toldBy(client.send('/v2/no/such/tags/list'))).toEqual(nameUnknown('no/such', '111122223333'))
  })
})

describe('--anonymous', () => {
  const closed = emulator({ anonymous: 'nothing' })
  const pull = emulator({ anonymous: 'pull', region: 'eu-west-1' })
  const push = emulator({ anonymous: 'push', region: 'eu-west-1' })
  const anonymous = { authorization: '' }

  it('nothing lets nobody in', async () => {
    expect((await registryClient(closed).send('/v2/', { headers: anonymous })).status).toBe(401)
  })

  it('pull lets everybody read the default registry', async () => {
    const name = await aRepository(pull.client())
    const client = registryClient(pull)
    const { text, layers } = await client.pushImage(name, 'latest')
    const get = (path: string) => client.send(path, { headers: anonymous })
    expect((await get('/v2/')).status).toBe(200)
    expect(await (await get(`/v2/${name}/manifests/latest`)).text()).toBe(text)
    expect((await get(`/v2/${name}/blobs/${layers[0]?.digest}`)).status).toBe(200)
    expect(await jsonOf(get(`/v2/${name}/tags/list`))).toEqual({ name, tags: ['latest'] })
  })

  it.each(endpoints('aa').filter(([method]) => method !== 'GET' && method !== 'HEAD'))(
    'pull asks for a login at %s %s',
    async (method, path) => {
      const answer = registryClient(pull).send(path, { method, headers: anonymous })
      expect(await toldBy(answer)).toEqual(UNAUTHORIZED)
    },
  )

  it('push lets everybody write too', async () => {
    const name = await aRepository(push.client())
    const client = registryClient(push)
    const send = client.send
    client.send = (path, init = {}) => send(path, { ...init, headers: { ...init.headers, ...anonymous } })
    const { digest } = await client.pushImage(name, 'latest')
    expect((await client.send(`/v2/${name}/manifests/${digest}`, { method: 'DELETE' })).status).toBe(202)
    expect(await toldBy(client.send(`/v2/${name}/manifests/latest`))).toEqual(MANIFEST_UNKNOWN)
  })

  it.each(['pull', 'push'])('%s refuses a bad login all the same', async (what) => {
    const client = registryClient(what === 'pull' ? pull : push)
    const headers = { authorization: basic('AWS', 'password') }
    expect(await toldBy(client.send('/v2/', { headers }))).toEqual(UNAUTHORIZED)
  })

  it.each(['pull', 'push'])('%s tells who asks at /v2/ that a login is taken as well', async (what) => {
    // Skopeo and podman would push without theirs.
    const server = what === 'pull' ? pull : push
    const realm = `Basic realm="${server.server.url}/",service="ecr.amazonaws.com"`
    const challengeTo = async (headers: Record<string, string>) =>
      (await registryClient(server).send('/v2/', { headers })).headers.get('www-authenticate')
    expect(await challengeTo(anonymous)).toBe(realm)
    expect(await challengeTo({})).toBeNull()
  })

  it('takes an empty login for none, as skopeo sends it where it has no other', async () => {
    const headers = { authorization: basic('', '') }
    const name = await aRepository(pull.client())
    const tags = registryClient(pull).send(`/v2/${name}/tags/list`, { headers })
    expect(await jsonOf(tags)).toEqual({ name, tags: [] })
    expect(await toldBy(registryClient(closed).send('/v2/', { headers }))).toEqual(UNAUTHORIZED)
  })

  it("push opens no other account's registry", async () => {
    const ns = 'ns=111122223333.dkr.ecr.eu-west-1.amazonaws.com'
    const answer = registryClient(push).send(`/v2/aa/tags/list?${ns}`, { headers: anonymous })
    expect(await toldBy(answer)).toMatchObject({ status: 403, code: 'DENIED' })
  })
})

describe('an odd request', () => {
  const ecr = emulator()

  /** Statuses of requests on one connection, the last of which asks for its end. */
  async function statuses(...requests: string[]): Promise<number[]> {
    return statusesIn(await rawExchange(ecr.server.port, requests.join('')))
  }

  it.each([
    '/v2/../../etc/passwd',
    '/v2/aa/blobs/uploads/../../../../etc/passwd',
    '/v2/aa/blobs/uploads/..%2f..%2f..%2fmetadata.sqlite',
    '/v2/..%2f..%2faa/manifests/latest',
    '/v2/aa/manifests/..%2f..%2fmetadata.sqlite',
    '/v2/aa/blobs/..%2f..%2f..%2fetc%2fpasswd',
    `/v2/aa/blobs/sha256:${'..%2f'.repeat(13)}`,
    '/v2/aa%00bb/tags/list',
    '/v2/aa/manifests/%00',
    '/v2/aa/manifests/%0d%0aX-Injected:%20yes',
    '/v2/%ff%fe/tags/list',
    '/v2/aa/manifests/%',
    '/v2/aa/manifests/%E0%A4%A',
    `/v2/${'a/'.repeat(3000)}tags/list`,
    `/v2/aa/manifests/${'a'.repeat(8000)}`,
    `/v2/aa/tags/list?last=${'%'.repeat(100)}`,
    '/v2/aa/tags/list?n=1&n=2&last=%00',
    '/v2/aa/tags/list?ns=%00',
    `/v2/aa/referrers/${DIGEST}?artifactType=%00&last=-1`,
    '/v2/\u00e9/tags/list',
    '/v2//aa//tags/list',
    '/v2/./aa/tags/list',
    '/v2?n=1',
    'http://localhost/v2/aa/tags/list',
  ])('is answered, and is no fault of the server: GET %s', async (target) => {
    const login = `Authorization: ${await registryClient(ecr).authorization()}`
    const received = await rawExchange(
      ecr.server.port,
      Buffer.from(rawRequest(`GET ${target}`, [login, 'Connection: close']), 'latin1'),
    )
    expect(statusesIn(received)).toHaveLength(1)
    expect(statusesIn(received)[0]).toBeLessThan(500)
    expect(received).not.toMatch(/^X-Injected/m)
  })

  it('of any words is no fault of the server', async () => {
    const login = `Authorization: ${await registryClient(ecr).authorization()}`
    const word = fc.oneof(
      fc.constantFrom('aa', 'blobs', 'uploads', 'manifests', 'tags', 'list', '_catalog', 'referrers', DIGEST),
      fc.constantFrom(
        '',
        '..',
        '%2f',
        '%00',
        '%ff',
        '%zz',
        'sha256:',
        '-1',
        '\u00e9',
        '?n=',
        '?digest=',
        '&last=',
      ),
    )
    const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND')
    await fc.assert(
      fc.asyncProperty(method, fc.array(word, { maxLength: 6 }), word, async (verb, path, end) => {
        const head = rawRequest(`${verb} /v2/${path.join('/')}${end}`, [login, 'Connection: close'])
        const [status = 500, ...more] = statusesIn(
          await rawExchange(ecr.server.port, Buffer.from(head, 'latin1')),
        )
        expect(more).toEqual([])
        expect(status).toBeLessThan(500)
      }),
      { numRuns: 300 },
    )
  })

  it('is refused for headers that are too large, and the server goes on', async () => {
    const large = rawRequest('GET /v2/', [`X-Large: ${'x'.repeat(64 * 1024)}`])
    expect(await statuses(large)).toEqual([431])
    expect(await statuses(rawRequest('GET /v2/', ['Connection: close']))).toEqual([401])
  })

  it.each([
    ['no HTTP at all', 'nonsense\r\n\r\n', 400],
    ['no Host', 'GET /v2/ HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['two lengths', rawRequest('POST /v2/', ['Content-Length: 1', 'Content-Length: 2'], 'a'), 400],
    ['a bad length', rawRequest('POST /v2/', ['Content-Length: -1']), 400],
  ])('is refused when it has %s', async (_what, bytes, status) => {
    expect(await statuses(bytes)).toEqual([status])
  })

  it('of HTTP/1.0 without a Host is challenged', async () => {
    const received = await rawExchange(ecr.server.port, 'GET /v2/ HTTP/1.0\r\n\r\n')
    expect(statusesIn(received)).toEqual([401])
    expect(received).toContain(`realm="${ecr.server.url}/"`)
  })
})
