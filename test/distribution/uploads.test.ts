import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { aRepository, sha256 } from '../support/content.ts'
import { dataDirectory } from '../support/data-directory.ts'
import { emulator } from '../support/emulator.ts'
import {
  digestInvalid,
  nameUnknown,
  ociParameter,
  ociRefusal,
  toldBy,
  uploadUnknown,
} from '../support/oci-errors.ts'
import { DEFAULT_ACCOUNT, NAME_CONSTRAINT } from '../support/refusals.ts'
import { type Body, registryClient } from '../support/registry.ts'
import { rawExchange, rawRequest, statusesIn } from '../support/sockets.ts'

const ABSENT = `sha256:${'0'.repeat(64)}`
/** Of an algorithm that image-spec does not register. */
const SHA384 = `sha384:${'0'.repeat(96)}`
const EMPTY = sha256('')
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

const directory = dataDirectory()
const ecr = emulator({ dataDir: directory.path })
const client = registryClient(ecr)

/** An upload in a repository of its own: its Location, and requests to it. */
async function anUpload() {
  const name = await aRepository(ecr.client())
  const location = await client.beginUpload(name)
  const send = (method: string, body?: Body, headers = {}) =>
    client.send(`${location}`, { method, body: body ?? null, headers, duplex: 'half' })
  return {
    name,
    id: location.pathname.split('/').at(-1) as string,
    location,
    send,
    /** A chunk at a place, by the header of distribution-spec. */
    chunk: (range: string, body: string) => send('PATCH', body, { 'content-range': range }),
    /** Ends the upload, perhaps with a last chunk. */
    end: (digest: string, body?: Body, headers = {}) => {
      const url = new URL(location)
      url.searchParams.set('digest', digest)
      return client.send(`${url}`, { method: 'PUT', body: body ?? null, headers, duplex: 'half' })
    },
    /** What the server says that it has, as a Range. */
    range: async () => (await send('GET')).headers.get('range'),
  }
}

/** A body of unknown length. */
function stream(...pieces: (string | Uint8Array)[]): ReadableStream {
  return ReadableStream.from(pieces.map((piece) => Buffer.from(piece as string)))
}

const outOfOrder = (received: number) =>
  ociRefusal(416, 'RANGE_INVALID', `The chunk does not begin at byte ${received}, where the upload is`)

describe('POST blobs/uploads/', () => {
  it('refuses a name that no repository has', async () => {
    const refusal = ociParameter('repositoryName', NAME_CONSTRAINT, 400, 'NAME_INVALID')
    expect(await toldBy(client.send('/v2/Upper/blobs/uploads/', { method: 'POST' }))).toEqual(refusal)
  })

  it('makes no repository', async () => {
    const push = () => client.send('/v2/no/such/blobs/uploads/', { method: 'POST' })
    expect(await toldBy(push())).toEqual(nameUnknown('no/such'))
    expect(await toldBy(push())).toEqual(nameUnknown('no/such'))
  })

  it.each(['blobs/uploads/', 'blobs/uploads'])('opens an upload at %s', async (path) => {
    const name = await aRepository(ecr.client())
    const response = await client.send(`/v2/${name}/${path}`, { method: 'POST' })
    const id = response.headers.get('docker-upload-uuid') ?? ''
    expect(id).toMatch(UUID)
    expect([response.status, await response.text()]).toEqual([202, ''])
    expect(response.headers.get('location')).toBe(`/v2/${name}/blobs/uploads/${id}`)
    expect(response.headers.get('range')).toBe('0-0')
    expect(response.headers.get('content-length')).toBe('0')
  })

  describe('with ?digest= and the blob', () => {
    const push = (name: string, digest: string, body: Body) =>
      client.send(`/v2/${name}/blobs/uploads/?digest=${digest}`, { method: 'POST', body, duplex: 'half' })

    it.each(['sha256:abc', 'sha512:abc', SHA384, ''])('refuses the digest "%s"', async (digest) => {
      const name = await aRepository(ecr.client())
      expect(await toldBy(push(name, digest, 'bytes'))).toEqual(digestInvalid(digest))
    })

    it('refuses other bytes, and leaves no upload', async () => {
      const name = await aRepository(ecr.client())
      const before = directory.uploads()
      const mismatch = 'None of the provided layer digests match the calculated layer digest'
      expect(await toldBy(push(name, ABSENT, 'bytes'))).toEqual(ociRefusal(400, 'DIGEST_INVALID', mismatch))
      expect(directory.uploads()).toEqual(before)
    })

    it.each<[string, () => Body]>([
      ['of a known length', () => 'bytes'],
      ['of an unknown length', () => stream('by', 'tes')],
    ])('stores it at once, %s', async (_what, body) => {
      const name = await aRepository(ecr.client())
      const digest = sha256('bytes')
      const response = await push(name, encodeURIComponent(digest), body())
      expect(response.status).toBe(201)
      expect(response.headers.get('location')).toBe(`/v2/${name}/blobs/${digest}`)
      expect(response.headers.get('docker-content-digest')).toBe(digest)
      expect(`${await client.getBlob(name, digest)}`).toBe('bytes')
    })

    it('stores the blob of no bytes', async () => {
      const name = await aRepository(ecr.client())
      expect((await push(name, EMPTY, '')).status).toBe(201)
      expect(await client.getBlob(name, EMPTY)).toHaveLength(0)
    })
  })
})

describe('PATCH of an upload', () => {
  it('does not know an upload of another repository, nor one that never was', async () => {
    const { id, name } = await anUpload()
    const other = await aRepository(ecr.client())
    const patch = (repository: string, upload: string) =>
      toldBy(client.send(`/v2/${repository}/blobs/uploads/${upload}`, { method: 'PATCH', body: 'bytes' }))
    expect(await patch(other, id)).toEqual(uploadUnknown(other, id))
    expect(await patch(name, 'never')).toEqual(uploadUnknown(name, 'never'))
    expect(await patch('no/such', id)).toEqual(nameUnknown('no/such'))
  })

  it('takes chunks in their order, and tells how far it is', async () => {
    const { name, id, location, chunk, end } = await anUpload()
    for (const [range, body, received] of [
      ['0-3', '0123', '0-3'],
      ['4-5', '45', '0-5'],
      ['6-9', '6789', '0-9'],
    ] as const) {
      const response = await chunk(range, body)
      expect([response.status, response.headers.get('range')]).toEqual([202, received])
      expect(response.headers.get('location')).toBe(location.pathname)
      expect(response.headers.get('docker-upload-uuid')).toBe(id)
    }
    expect((await end(sha256('0123456789'))).status).toBe(201)
    expect(`${await client.getBlob(name, sha256('0123456789'))}`).toBe('0123456789')
  })

  it.each(['1-4', '4-7', '0-3', 'first', '9-6'])('refuses the chunk %s after two bytes', async (range) => {
    const { location, chunk, end } = await anUpload()
    await chunk('0-1', 'ab')
    const response = await chunk(range, 'cdef')
    expect(response.headers.get('range')).toBe('0-1')
    expect(response.headers.get('location')).toBe(location.pathname)
    expect(await toldBy(response)).toEqual(outOfOrder(2))
    expect((await chunk('2-5', 'cdef')).status).toBe(202)
    expect((await end(sha256('abcdef'))).status).toBe(201)
  })

  it.each(['0-2', '0-9'])('refuses five bytes as %s, and keeps none of them', async (contentRange) => {
    const { name, id, chunk, end, range } = await anUpload()
    const mismatch = `The size of the layer part does not match its first and last byte in the upload with id '${id}' in the repository with name '${name}' in registry with id '${DEFAULT_ACCOUNT}'`
    expect(await toldBy(chunk(contentRange, 'bytes'))).toEqual(ociRefusal(400, 'SIZE_INVALID', mismatch))
    expect(await range()).toBe('0-0')
    expect((await end(sha256('other'), 'other')).status).toBe(201)
  })

  it('takes a stream without a length, of more than a chunk', async () => {
    const { name, send, end } = await anUpload()
    const pieces = Array.from({ length: 40 }, () => randomBytes(50_000))
    const response = await send('PATCH', stream(...pieces))
    expect([response.status, response.headers.get('range')]).toEqual([202, '0-1999999'])
    const digest = sha256(Buffer.concat(pieces))
    expect((await end(digest)).status).toBe(201)
    expect((await client.getBlob(name, digest)).equals(Buffer.concat(pieces))).toBe(true)
  })

  it('takes nothing, and it is as if nothing had come', async () => {
    const { send, end } = await anUpload()
    const response = await send('PATCH')
    expect([response.status, response.headers.get('range')]).toEqual([202, '0-0'])
    expect((await end(EMPTY)).status).toBe(201)
  })

  it('takes one of two chunks that come at once for the same place', async () => {
    const { chunk, end, range } = await anUpload()
    const [a, b] = ['a', 'b'].map((letter) => letter.repeat(1000)) as [string, string]
    const answers = await Promise.all([chunk('0-999', a), chunk('0-999', b)])
    const statuses = answers.map(({ status }) => status)
    expect([...statuses].sort()).toEqual([202, 416])
    expect(await range()).toBe('0-999')
    expect((await end(sha256(statuses[0] === 202 ? a : b))).status).toBe(201)
  })

  it('takes streams that come at once one after the other, each whole', async () => {
    const { send, end } = await anUpload()
    const letters = ['a', 'b', 'c', 'd']
    const answers = await Promise.all(letters.map((letter) => send('PATCH', letter.repeat(1000))))
    const ends = answers.map((answer) => Number(answer.headers.get('range')?.split('-')[1]))
    const inOrder = letters.map((letter, index) => ({ letter, end: ends[index] as number }))
    inOrder.sort((one, other) => one.end - other.end)
    expect(inOrder.map((chunk) => chunk.end)).toEqual([999, 1999, 2999, 3999])
    const bytes = inOrder.map(({ letter }) => letter.repeat(1000)).join('')
    expect((await end(sha256(bytes))).status).toBe(201)
  })

  it('keeps what came of a chunk that breaks off', async () => {
    const { id, location, chunk, end, range } = await anUpload()
    const headers = { authorization: await client.authorization(), 'content-length': 1000 }
    const sent = request(location, { method: 'PATCH', headers, agent: false })
    const broken = once(sent, 'error').catch(() => undefined)
    sent.on('error', () => undefined)
    sent.write('0123456789')
    await vi.waitFor(() => expect(statSync(join(directory.path, 'uploads', id)).size).toBe(10))
    sent.destroy()
    await broken

    await vi.waitFor(async () => expect(await range()).toBe('0-9'))
    expect((await chunk('10-14', 'bytes')).status).toBe(202)
    expect((await end(sha256('0123456789bytes'))).status).toBe(201)
  })
})

describe('PUT of an upload', () => {
  it.each(['', 'sha256:abc', 'sha512:abc', SHA384])('refuses the digest "%s"', async (digest) => {
    const { send, end } = await anUpload()
    expect(await toldBy(end(digest, 'bytes'))).toEqual(digestInvalid(digest))
    expect(await toldBy(send('PUT', 'bytes'))).toEqual(digestInvalid(''))
    expect((await end(sha256('bytes'), 'bytes')).status).toBe(201)
  })

  it('does not know an upload that never was', async () => {
    const name = await aRepository(ecr.client())
    const path = `/v2/${name}/blobs/uploads/never?digest=${EMPTY}`
    expect(await toldBy(client.send(path, { method: 'PUT' }))).toEqual(uploadUnknown(name, 'never'))
  })

  it('refuses other bytes, and ends the upload', async () => {
    const { name, id, end, send } = await anUpload()
    const mismatch = 'None of the provided layer digests match the calculated layer digest'
    expect(await toldBy(end(ABSENT, 'bytes'))).toEqual(ociRefusal(400, 'DIGEST_INVALID', mismatch))
    expect(await toldBy(send('GET'))).toEqual(uploadUnknown(name, id))
    expect(directory.uploads()).not.toContain(id)
  })

  it('refuses a last chunk that is out of order', async () => {
    const { chunk, end } = await anUpload()
    await chunk('0-1', 'ab')
    const last = (range: string) => end(sha256('abcd'), 'cd', { 'content-range': range })
    expect(await toldBy(last('3-4'))).toEqual(outOfOrder(2))
    expect((await last('2-3')).status).toBe(201)
  })

  it.each<[string, () => [Body, string]]>([
    ['the whole blob', () => ['bytes', sha256('bytes')]],
    ['the whole blob, of unknown length', () => [stream('by', 'tes'), sha256('bytes')]],
    ['nothing', () => ['', EMPTY]],
    ['a stream of nothing', () => [stream(), EMPTY]],
  ])('takes %s', async (_what, content) => {
    const { name, id, end, send } = await anUpload()
    const [body, digest] = content()
    const response = await end(digest, body)
    expect([response.status, await response.text()]).toEqual([201, ''])
    expect(response.headers.get('location')).toBe(`/v2/${name}/blobs/${digest}`)
    expect(response.headers.get('docker-content-digest')).toBe(digest)
    expect(sha256(await client.getBlob(name, digest))).toBe(digest)
    expect(await toldBy(send('GET'))).toEqual(uploadUnknown(name, id))
    expect(directory.blobs()).toContain(digest)
  })

  it('takes a blob that the repository has already', async () => {
    const { name, end } = await anUpload()
    await client.pushBlob(name, Buffer.from('bytes'))
    expect((await end(sha256('bytes'), 'bytes')).status).toBe(201)
  })

  it('takes the same blob from many uploads at once', async () => {
    const name = await aRepository(ecr.client())
    const bytes = randomBytes(100_000)
    const pushed = await Promise.all(Array.from({ length: 8 }, () => client.pushBlob(name, bytes)))
    expect(new Set(pushed.map(({ digest }) => digest))).toEqual(new Set([sha256(bytes)]))
    expect((await client.getBlob(name, sha256(bytes))).equals(bytes)).toBe(true)
  })
})

describe('GET, HEAD and DELETE of an upload', () => {
  it.each(['GET', 'HEAD'])('%s tells how far it is', async (method) => {
    const { id, location, send, chunk } = await anUpload()
    const state = async () => {
      const { status, headers } = await send(method)
      const told = ['range', 'location', 'docker-upload-uuid'].map((header) => headers.get(header))
      return [status, ...told]
    }
    expect(await state()).toEqual([204, '0-0', location.pathname, id])
    await chunk('0-4', 'bytes')
    expect(await state()).toEqual([204, '0-4', location.pathname, id])
  })

  it('DELETE cancels it', async () => {
    const { name, id, send, chunk, end } = await anUpload()
    await chunk('0-4', 'bytes')
    expect((await send('DELETE')).status).toBe(204)
    expect(directory.uploads()).not.toContain(id)
    const unknown = uploadUnknown(name, id)
    expect(await toldBy(send('DELETE'))).toEqual(unknown)
    expect(await toldBy(send('GET'))).toEqual(unknown)
    expect(await toldBy(chunk('5-5', 'x'))).toEqual(unknown)
    expect(await toldBy(end(sha256('bytes')))).toEqual(unknown)
  })

  it('ends with its repository', async () => {
    const { name, send } = await anUpload()
    await ecr.call('DeleteRepository', { repositoryName: name })
    expect(await toldBy(send('PATCH', 'bytes'))).toEqual(nameUnknown(name))
  })
})

describe('a connection', () => {
  /** Statuses of a refused request with a body, and of the next one on the same connection. */
  async function goOn(line: string, headers: string[], body: string): Promise<number[]> {
    const login = `Authorization: ${await client.authorization()}`
    const next = rawRequest('GET /v2/', [login, 'Connection: close'])
    const refused = rawRequest(line, [login, ...headers], body)
    return statusesIn(await rawExchange(ecr.server.port, refused + next))
  }

  const long = 'x'.repeat(500_000)
  const length = `Content-Length: ${long.length}`
  const chunked = `${long.length.toString(16)}\r\n${long}\r\n0\r\n\r\n`

  it.each([
    ['POST /v2/no/such/blobs/uploads/', [length], long, 404],
    [`POST /v2/no/such/blobs/uploads/?digest=${ABSENT}`, ['Transfer-Encoding: chunked'], chunked, 404],
    ['PATCH /v2/no/such/blobs/uploads/u', ['Transfer-Encoding: chunked'], chunked, 404],
    [`PUT /v2/no/such/blobs/uploads/u?digest=${ABSENT}`, [length], long, 404],
    ['PUT /v2/no/such/manifests/latest', [length], long, 404],
    ['PUT /v2/Upper/manifests/latest', [length], long, 400],
    ['DELETE /v2/no/such/manifests/latest', [length], long, 404],
    ['PATCH /v2/no/such/manifests/latest', [length], long, 405],
    ['GET /v2/', [length], long, 200],
  ])('goes on after %s was answered, whatever its body is', async (line, headers, body, status) => {
    expect(await goOn(line, headers, body)).toEqual([status, 200])
  })

  it('goes on after a chunk that is too long for its range', async () => {
    const { location } = await anUpload()
    const statuses = await goOn(`PATCH ${location.pathname}`, [length, 'Content-Range: 0-9'], long)
    expect(statuses).toEqual([400, 200])
  })

  it('goes on after a login was asked for, though a body follows', async () => {
    const bare = rawRequest('PUT /v2/no/such/manifests/latest', [length], long)
    const next = rawRequest('GET /v2/', ['Connection: close'])
    expect(statusesIn(await rawExchange(ecr.server.port, bare + next))).toEqual([401, 401])
  })
})
