import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  DOCKER_MANIFEST_V1,
  OCI_INDEX,
  OCI_MANIFEST,
} from '../../src/rules/media-types.ts'
import { aLayer, aRepository, indexText, manifestText, sha256 } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { MANIFEST_UNKNOWN, nameUnknown, toldBy } from '../support/oci-errors.ts'
import { type Body, jsonOf, registryClient } from '../support/registry.ts'
import { rawExchange, rawRequest, statusesIn } from '../support/sockets.ts'

const MEBIBYTE = 1024 * 1024
const ABSENT = `sha256:${'0'.repeat(64)}`
const CLOSE = 'Connection: close'

/*
 * What real clients were seen to send, and what some of them break on: each rule with the clients that need it.
 */

const ecr = emulator()
const client = registryClient(ecr)

const put = (url: string, body: Body | null = null, headers = {}) =>
  client.send(url, { method: 'PUT', body, headers, duplex: 'half' })
const patch = (url: URL, body: Body, headers = {}) =>
  client.send(`${url}`, { method: 'PATCH', body, headers, duplex: 'half' })
const get = (path: string, headers = {}) => client.send(path, { headers })
const head = (path: string, headers = {}) => client.send(path, { method: 'HEAD', headers })

/** A body of unknown length. */
const stream = (...pieces: Uint8Array[]) => ReadableStream.from(pieces)

/** The next Location, with the digest as a client appends it. */
function ending(response: Response, digest: string): string {
  const location = response.headers.get('location') ?? ''
  return `${location}${location.includes('?') ? '&' : '?'}digest=${digest}`
}

/** One request on a connection of its own, of headers that may repeat. */
async function raw(line: string, headers: string[], body = ''): Promise<string> {
  const login = `Authorization: ${await client.authorization()}`
  return rawExchange(ecr.server.port, rawRequest(line, [login, CLOSE, ...headers], body))
}

describe('rule 1: a challenge at every endpoint, before anything else', () => {
  it('meets the ping by which crane, skopeo and docker decide to log in', async () => {
    const response = await get('/v2/', { authorization: '' })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toMatch(
      /^Basic realm="[^"]+",service="ecr.amazonaws.com"$/,
    )
  })

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])(
    'meets the bare first %s of oras, helm and containerd, even if a body follows',
    async (method) => {
      const line = `${method} /v2/no/such/blobs/uploads/`
      const bare = await rawExchange(ecr.server.port, rawRequest(line, [CLOSE, 'Content-Length: 5'], 'bytes'))
      expect(statusesIn(bare)).toEqual([401])
      expect(bare).toMatch(/^WWW-Authenticate: Basic realm="http:\/\/localhost\/"/m)
      expect(bare.endsWith('\r\n\r\n')).toBe(method === 'HEAD')
    },
  )
})

describe('rule 2: TLS on the port of plain HTTP', () => {
  it('is answered in HTTP and closed, so that helm and crane fall back', async () => {
    const clientHello = Buffer.concat([Buffer.from('16030100c8010000c40303', 'hex'), randomBytes(194)])
    expect(await rawExchange(ecr.server.port, clientHello)).toMatch(/^HTTP\/1\.1 400 /)
  })
})

describe('rule 3: styles of upload', () => {
  const bytes = randomBytes(3000)
  const [first, second] = [bytes.subarray(0, 1000), bytes.subarray(1000)]
  const digest = sha256(bytes)
  const begin = (name: string, query = '', init: RequestInit = {}) =>
    client.send(`/v2/${name}/blobs/uploads/${query}`, {
      method: 'POST',
      duplex: 'half',
      ...init,
    } as RequestInit)

  it.each<[string, (name: string) => Promise<Response>]>([
    ['POST, PUT with a length: helm, oras', async (name) => put(ending(await begin(name), digest), bytes)],
    [
      'POST, PUT of unknown length',
      async (name) => put(ending(await begin(name), digest), stream(first, second)),
    ],
    [
      'POST, PATCH with a length and no range, empty PUT: crane, skopeo',
      async (name) => put(ending(await patch(await client.beginUpload(name), bytes), digest)),
    ],
    [
      'POST, PATCH of unknown length, empty PUT: podman, jib, docker',
      async (name) => put(ending(await patch(await client.beginUpload(name), stream(first, second)), digest)),
    ],
    [
      'POST, PATCH twice with a range without unit, empty PUT: regctl',
      async (name) => {
        const location = await client.beginUpload(name)
        await patch(location, first, { 'content-range': '0-999' })
        return put(ending(await patch(location, second, { 'content-range': '1000-2999' }), digest))
      },
    ],
    [
      'POST, PATCH, PUT of the last chunk',
      async (name) => {
        const location = await client.beginUpload(name)
        const headers = { 'content-range': '1000-2999' }
        return put(ending(await patch(location, first), digest), second, headers)
      },
    ],
    ['POST of all', (name) => begin(name, `?digest=${digest}`, { body: bytes })],
  ])('takes %s', async (_style, upload) => {
    const name = await aRepository(ecr.client())
    expect((await upload(name)).status).toBe(201)
    expect((await client.getBlob(name, digest)).equals(bytes)).toBe(true)
  })

  it('takes a PUT of no bytes in chunks: the empty config of oras', async () => {
    const name = await aRepository(ecr.client())
    const { pathname } = await client.beginUpload(name)
    const headers = ['Transfer-Encoding: chunked']
    expect(statusesIn(await raw(`PUT ${pathname}?digest=${sha256('')}`, headers, '0\r\n\r\n'))).toEqual([201])
    expect((await head(`/v2/${name}/blobs/${sha256('')}`)).headers.get('content-length')).toBe('0')
  })

  it.each([
    ['as it is', `digest=${digest}`],
    ['escaped', `digest=${encodeURIComponent(digest)}`],
    ['before other parameters', `digest=${digest}&_state=abc`],
    ['behind other parameters', `_state=abc&digest=${digest}`],
  ])('reads the digest %s', async (_how, query) => {
    const name = await aRepository(ecr.client())
    expect((await put(`${await client.beginUpload(name)}?${query}`, bytes)).status).toBe(201)
  })

  it('begins by a POST of JSON without a body: crane', async () => {
    const name = await aRepository(ecr.client())
    const headers = { 'content-type': 'application/json' }
    expect((await begin(name, '', { headers })).status).toBe(202)
  })
})

describe('rule 4: pushes of manifests', () => {
  async function parts() {
    const name = await aRepository(ecr.client())
    return { name, config: await client.pushBlob(name), layer: await client.pushBlob(name) }
  }

  it('may come in chunks: jib', async () => {
    const { name, config, layer } = await parts()
    const text = manifestText(config, [layer])
    const headers = [`Content-Type: ${OCI_MANIFEST}`, 'Transfer-Encoding: chunked']
    const chunks = `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`
    expect(statusesIn(await raw(`PUT /v2/${name}/manifests/v1`, headers, chunks))).toEqual([201])
    expect(await (await get(`/v2/${name}/manifests/v1`)).text()).toBe(text)
  })

  it('may have their type in Content-Type alone: oras 0.8', async () => {
    const { name, config, layer } = await parts()
    const text = JSON.stringify({ schemaVersion: 2, config, layers: [layer] })
    expect((await client.putManifest(name, 'v1', text)).status).toBe(201)
    expect((await get(`/v2/${name}/manifests/v1`)).headers.get('content-type')).toBe(OCI_MANIFEST)
  })

  it('go by digest, are read back, and go to the tag: helm, conftest', async () => {
    const { name, config, layer } = await parts()
    const text = `${manifestText(config, [layer])}\n`
    const digest = sha256(text)
    for (const reference of [digest, 'v1', 'v1', digest]) {
      const response = await client.putManifest(name, reference, text)
      expect([response.status, response.headers.get('docker-content-digest')]).toEqual([201, digest])
      expect(await (await get(`/v2/${name}/manifests/${digest}`)).text()).toBe(text)
    }
  })

  it('are told the subject, or clients fall back to tags', async () => {
    const { name, config, layer } = await parts()
    const subject = await client.pushImage(name)
    const text = manifestText(config, [layer], { subject })
    expect((await client.putManifest(name, sha256(text), text)).headers.get('oci-subject')).toBe(
      subject.digest,
    )
  })
})

describe('rule 5: referrers before their subject', () => {
  it('are no error: regctl image copy --referrers', async () => {
    const name = await aRepository(ecr.client())
    const subject = { mediaType: OCI_INDEX, digest: sha256(indexText([])), size: indexText([]).length }
    const { digest } = await client.pushImage(name, undefined, { subject })
    await client.pushIndex(name, [], 'v1')
    const referrers = await jsonOf(get(`/v2/${name}/referrers/${subject.digest}`))
    expect(referrers.manifests).toMatchObject([{ digest }])
  })

  it('but configs, layers and children must be there', async () => {
    const name = await aRepository(ecr.client())
    const absent = { mediaType: OCI_MANIFEST, digest: ABSENT, size: 1 }
    for (const [text, type] of [
      [manifestText(absent, []), OCI_MANIFEST],
      [indexText([absent]), OCI_INDEX],
    ] as const)
      expect(await toldBy(client.putManifest(name, 'v1', text, type))).toMatchObject({
        status: 404,
        code: 'MANIFEST_BLOB_UNKNOWN',
      })
  })
})

describe('rule 6: HEAD', () => {
  it('tells true sizes, types and digests, by which OPA and containerd resolve', async () => {
    const name = await aRepository(ecr.client())
    const { text, digest, layers } = await client.pushImage(name, 'v1')
    const [layer] = layers
    for (const [path, type, size, of] of [
      ['manifests/v1', OCI_MANIFEST, text.length, digest],
      [`blobs/${layer?.digest}`, 'application/octet-stream', layer?.size, layer?.digest],
    ]) {
      const { headers } = await head(`/v2/${name}/${path}`)
      const told = ['content-type', 'content-length', 'docker-content-digest'].map((key) => headers.get(key))
      expect(told).toEqual([type, String(size), of])
    }
  })

  it('of what is not there has no body', async () => {
    const name = await aRepository(ecr.client())
    for (const path of ['manifests/v1', `manifests/${ABSENT}`, `blobs/${ABSENT}`]) {
      const response = await head(`/v2/${name}/${path}`)
      expect([response.status, await response.text()]).toEqual([404, ''])
    }
  })
})

describe('rule 7: lists of accepted types', () => {
  const list = [DOCKER_MANIFEST, DOCKER_MANIFEST_LIST, OCI_MANIFEST, OCI_INDEX]
  it.each<[string, string[]]>([
    ['commas: oras, helm', [`Accept: ${list.join(', ')}`]],
    ['commas without spaces, and old types: crane', [`Accept: ${[DOCKER_MANIFEST_V1, ...list].join(',')}`]],
    ['a line for each type: regctl, skopeo, docker', list.map((type) => `Accept: ${type}`)],
    ['a type and anything: containerd', [`Accept: ${DOCKER_MANIFEST}, */*`]],
    ['other types only', [`Accept: ${DOCKER_MANIFEST_LIST}`]],
    ['none', []],
  ])('never make another manifest of what was pushed: %s', async (_how, headers) => {
    const name = await aRepository(ecr.client())
    const { text } = await client.pushImage(name, 'v1')
    const answer = await raw(`GET /v2/${name}/manifests/v1`, headers)
    expect(answer.split('\r\n\r\n')[1]).toBe(text)
  })

  it('are ignored for blobs', async () => {
    const name = await aRepository(ecr.client())
    const { digest, mediaType } = await client.pushBlob(name)
    expect((await head(`/v2/${name}/blobs/${digest}`, { accept: `${mediaType}, */*` })).status).toBe(200)
    expect((await get(`/v2/${name}/blobs/${digest}`, { accept: 'text/html' })).status).toBe(200)
  })
})

describe('rule 8: mounts', () => {
  it.each([
    ['from, escaped', (from: string) => `&from=${encodeURIComponent(from)}`, 201],
    ['from and origin: crane', (from: string) => `&from=${from}&origin=localhost:3270`, 201],
    ['no from: regctl', () => '', 201],
    ['a from that is not there', () => '&from=no/such', 202],
  ])('are made or become uploads, and are no error, with %s', async (_how, query, status) => {
    const from = await aRepository(ecr.client(), {
      repositoryName: `team/from-${randomBytes(4).toString('hex')}`,
    })
    const into = await aRepository(ecr.client())
    const { digest } = await client.pushBlob(from)
    const path = `/v2/${into}/blobs/uploads/?mount=${digest}${query(from)}`
    const response = await client.send(path, { method: 'POST' })
    expect(response.status).toBe(status)
    // After 201 nobody uploads: the blob must be there.
    expect((await head(`/v2/${into}/blobs/${digest}`)).status).toBe(status === 201 ? 200 : 404)
  })
})

describe('rule 9: names of repositories and tags', () => {
  it('may hold words of the API: /v2/team/blobs/manifests/blobs/uploads/', async () => {
    const name = await aRepository(ecr.client(), { repositoryName: 'team/blobs/manifests' })
    expect((await client.beginUpload(name)).pathname).toMatch('/v2/team/blobs/manifests/blobs/uploads/')
    const { text } = await client.pushImage(name, 'uploads')
    expect(await (await get(`/v2/${name}/manifests/uploads`)).text()).toBe(text)
  })

  it.each([
    `sha256-${'a'.repeat(64)}.sig`,
    `sha256-${'a'.repeat(64)}.att`,
    `sha256-${'a'.repeat(64)}.sbom`,
    '0.1.0_build.1',
    'x'.repeat(128),
  ])('may be as cosign and helm make them: %s', async (tag) => {
    const name = await aRepository(ecr.client())
    const { text } = await client.pushImage(name, tag)
    expect(await (await get(`/v2/${name}/manifests/${tag}`)).text()).toBe(text)
  })
})

describe('rule 10: deletion', () => {
  it('of a tag leaves the image under its others: crane, regctl, cosign', async () => {
    const name = await aRepository(ecr.client())
    const { text } = await client.pushImage(name, 'one')
    await client.putManifest(name, 'two', text)
    const remove = () => client.send(`/v2/${name}/manifests/one`, { method: 'DELETE' })
    expect((await remove()).status).toBe(202)
    expect(await toldBy(remove())).toEqual(MANIFEST_UNKNOWN)
    expect(await (await get(`/v2/${name}/manifests/two`)).text()).toBe(text)
  })

  it('goes by the digest that a tag resolves to: skopeo, oras', async () => {
    const name = await aRepository(ecr.client())
    await client.pushImage(name, 'one')
    const digest = (await head(`/v2/${name}/manifests/one`)).headers.get('docker-content-digest')
    expect((await client.send(`/v2/${name}/manifests/${digest}`, { method: 'DELETE' })).status).toBe(202)
    expect((await head(`/v2/${name}/manifests/one`)).status).toBe(404)
  })
})

describe('rule 11: redirects of blobs, as --wire ecr makes them', () => {
  const redirecting = emulator({ wire: 'ecr' })

  it.each([
    ['without the login: docker, OPA', false],
    ['with the login: helm, oras, crane', true],
  ])('are followed %s', async (_how, isLoggedIn) => {
    const { send, pushBlob } = registryClient(redirecting)
    const name = await aRepository(redirecting.client())
    const { digest } = await pushBlob(name, Buffer.from('bytes'))
    const response = await send(`/v2/${name}/blobs/${digest}`)
    const authorization = isLoggedIn ? undefined : ''
    const followed = await send(response.headers.get('location') ?? '', {
      headers: authorization === undefined ? {} : { authorization },
    })
    expect([response.status, followed.status, await followed.text()]).toEqual([307, 200, 'bytes'])
  })
})

describe('rule 12: errors and ranges', () => {
  it("are JSON that crane and helm print, in ECR's words for which scripts look", async () => {
    expect(await toldBy(get('/v2/no/such/manifests/v1'))).toEqual(nameUnknown('no/such'))
    const name = await aRepository(ecr.client())
    expect(await toldBy(get(`/v2/${name}/manifests/v1`))).toEqual(MANIFEST_UNKNOWN)
  })

  it('answer a part of a blob', async () => {
    const name = await aRepository(ecr.client())
    const { digest } = await client.pushBlob(name, Buffer.from('0123456789'))
    const response = await get(`/v2/${name}/blobs/${digest}`, { range: 'bytes=2-4' })
    expect([response.status, response.headers.get('content-range'), await response.text()]).toEqual([
      206,
      'bytes 2-4/10',
      '234',
    ])
  })
})

describe('rule 13: lists', () => {
  it('take n=1000 of crane, and n of none, and link to more', async () => {
    const name = await aRepository(ecr.client())
    const { text } = await client.pushImage(name, 'a')
    await client.putManifest(name, 'b', text)
    for (const query of ['', '?n=1000'])
      expect((await jsonOf(get(`/v2/${name}/tags/list${query}`))).tags).toEqual(['a', 'b'])
    const [, next] =
      /^<(.+)>; rel="next"$/.exec((await get(`/v2/${name}/tags/list?n=1`)).headers.get('link') ?? '') ?? []
    expect((await jsonOf(get(next ?? ''))).tags).toEqual(['b'])
  })

  it('have the catalog of crane, oras and regctl', async () => {
    const name = await aRepository(ecr.client())
    expect((await jsonOf(get('/v2/_catalog'))).repositories).toContain(name)
  })
})

describe('rule 14: bodies at the AWS door', () => {
  it('may hold a layer part of 10 MiB', async () => {
    const name = await aRepository(ecr.client())
    const bytes = randomBytes(10 * MEBIBYTE)
    const { digest } = await aLayer(ecr.client(), name, bytes)
    expect(sha256(await client.getBlob(name, digest))).toBe(digest)
  })

  it('may hold a manifest of 4 MiB', async () => {
    const repositoryName = await aRepository(ecr.client())
    const short = indexText([], { annotations: { padding: '' } })
    const imageManifest = short.replace('""', `"${'x'.repeat(4 * MEBIBYTE - short.length)}"`)
    const { status } = await ecr.call('PutImage', { repositoryName, imageManifest, imageTag: 'v1' })
    expect(status).toBe(200)
    expect(await (await get(`/v2/${repositoryName}/manifests/v1`)).text()).toBe(imageManifest)
  })
})

describe("rule 15: ECR's oddities", () => {
  it('are off unless asked for: regctl believes the Range of a chunk', async () => {
    const location = await client.beginUpload(await aRepository(ecr.client()))
    const ranges: unknown[] = []
    for (const range of ['0-3', '4-7', '8-11']) {
      const { status, headers } = await patch(location, 'four', { 'content-range': range })
      ranges.push(status, headers.get('range'))
    }
    expect(ranges).toEqual([202, '0-3', 202, '0-7', 202, '0-11'])
  })
})

describe('rule 16: connections', () => {
  it('carry parallel uploads, many one after the other', async () => {
    const name = await aRepository(ecr.client())
    const blobs = Array.from({ length: 20 }, () => randomBytes(50_000))
    await Promise.all(blobs.map((bytes) => client.pushBlob(name, bytes)))
    const pulled = await Promise.all(blobs.map((bytes) => client.getBlob(name, sha256(bytes))))
    expect(pulled.map(sha256)).toEqual(blobs.map(sha256))
  })

  it('tell a client that expects it to go on', async () => {
    const name = await aRepository(ecr.client())
    const { pathname } = await client.beginUpload(name)
    const headers = ['Expect: 100-continue', 'Content-Length: 5']
    const answer = await raw(`PUT ${pathname}?digest=${sha256('bytes')}`, headers, 'bytes')
    expect(statusesIn(answer)).toEqual([100, 201])
  })
})
