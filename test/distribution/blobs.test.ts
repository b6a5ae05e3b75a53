import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { aLayer, aRepository, sha256 } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import {
  blobUnknown,
  digestInvalid,
  nameUnknown,
  ociParameter,
  ociRefusal,
  toldBy,
} from '../support/oci-errors.ts'
import { NAME_CONSTRAINT } from '../support/refusals.ts'
import { registryClient } from '../support/registry.ts'

const ABSENT = `sha256:${'0'.repeat(64)}`
const SHA384 = `sha384:${'0'.repeat(96)}`

describe('GET and HEAD of a blob', () => {
  const ecr = emulator()
  const client = registryClient(ecr)

  /** A repository with a blob of ten bytes, and the path of the blob. */
  async function tenBytes() {
    const name = await aRepository(ecr.client())
    const { digest } = await client.pushBlob(name, Buffer.from('0123456789'))
    return { name, digest, path: `/v2/${name}/blobs/${digest}` }
  }

  it.each(['sha256:abc', `sha256:${'A'.repeat(64)}`, 'latest', 'sha256'])('refuses %s', async (digest) => {
    const name = await aRepository(ecr.client())
    expect(await toldBy(client.send(`/v2/${name}/blobs/${digest}`))).toEqual(digestInvalid(digest))
  })

  it.each(['Upper', 'a', 'a'.repeat(257), 'a..b', '-a', 'a/', 'a__/b'])(
    'refuses the name %s',
    async (name) => {
      const refusal = ociParameter('repositoryName', NAME_CONSTRAINT, 400, 'NAME_INVALID')
      expect(await toldBy(client.send(`/v2/${name}/blobs/${ABSENT}`))).toEqual(refusal)
    },
  )

  it('knows no blob of a repository that is missing', async () => {
    expect(await toldBy(client.send(`/v2/no/such/blobs/${ABSENT}`))).toEqual(nameUnknown('no/such'))
  })

  it.each([ABSENT, SHA384])('does not know %s', async (digest) => {
    const name = await aRepository(ecr.client())
    expect(await toldBy(client.send(`/v2/${name}/blobs/${digest}`))).toEqual(blobUnknown(name, digest))
  })

  it('does not know the blob of another repository', async () => {
    const { digest } = await tenBytes()
    const name = await aRepository(ecr.client())
    expect(await toldBy(client.send(`/v2/${name}/blobs/${digest}`))).toEqual(blobUnknown(name, digest))
  })

  it.each([ABSENT, SHA384, 'sha256:abc'])('has no body in its refusal of HEAD %s', async (digest) => {
    const name = await aRepository(ecr.client())
    const response = await client.send(`/v2/${name}/blobs/${digest}`, { method: 'HEAD' })
    expect(response.status).toBe(digest === 'sha256:abc' ? 400 : 404)
    expect(await response.text()).toBe('')
  })

  it.each(['GET', 'HEAD'])('%s tells what a blob is', async (method) => {
    const { digest, path } = await tenBytes()
    const response = await client.send(path, { method })
    expect(response.status).toBe(200)
    expect(await response.text()).toBe(method === 'HEAD' ? '' : '0123456789')
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-length': '10',
      'content-type': 'application/octet-stream',
      'docker-content-digest': digest,
      'accept-ranges': 'bytes',
      etag: `"${digest}"`,
    })
  })

  it('answers a layer that came by the API, of many chunks', async () => {
    const name = await aRepository(ecr.client())
    const bytes = randomBytes(3 * 1024 * 1024 + 1)
    const { digest } = await aLayer(ecr.client(), name, bytes)
    expect((await client.getBlob(name, digest)).equals(bytes)).toBe(true)
  })

  it('answers a blob of no bytes', async () => {
    const name = await aRepository(ecr.client())
    const { digest } = await client.pushBlob(name, new Uint8Array())
    const response = await client.send(`/v2/${name}/blobs/${digest}`)
    expect([response.status, response.headers.get('content-length')]).toEqual([200, '0'])
    expect(await response.text()).toBe('')
  })

  it.each([
    ['bytes=0-3', '0123', 'bytes 0-3/10'],
    ['bytes=4-4', '4', 'bytes 4-4/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=7-99', '789', 'bytes 7-9/10'],
    ['bytes=-2', '89', 'bytes 8-9/10'],
    ['bytes=-99', '0123456789', 'bytes 0-9/10'],
  ])('sends the part that %s asks for', async (range, part, contentRange) => {
    const { path } = await tenBytes()
    const response = await client.send(path, { headers: { range } })
    expect([response.status, await response.text()]).toEqual([206, part])
    expect(response.headers.get('content-range')).toBe(contentRange)
    expect(response.headers.get('content-length')).toBe(String(part.length))
  })

  it.each(['bytes=10-', 'bytes=10-12', 'bytes=-0', 'bytes=5-2'])(
    'refuses %s, where no byte is',
    async (range) => {
      const { path } = await tenBytes()
      const response = await client.send(path, { headers: { range } })
      expect(response.headers.get('content-range')).toBe('bytes */10')
      expect(await toldBy(response)).toEqual(
        ociRefusal(416, 'RANGE_INVALID', 'No byte of the range is in the blob'),
      )
    },
  )

  it.each(['bytes=', 'bytes=0-1,4-5', 'items=0-1'])('sends all for the odd %s', async (range) => {
    const { path } = await tenBytes()
    const response = await client.send(path, { headers: { range } })
    expect([response.status, await response.text()]).toEqual([200, '0123456789'])
  })

  it.each(['bytes=0-3', 'bytes=10-'])('knows no range of a HEAD (RFC 9110, 14.2): %s', async (range) => {
    const { path } = await tenBytes()
    const response = await client.send(path, { method: 'HEAD', headers: { range } })
    expect([response.status, response.headers.get('content-length')]).toEqual([200, '10'])
  })

  it.each(['GET', 'HEAD'])('%s sends nothing to who has it already (RFC 9110, 13.1.2)', async (method) => {
    const { digest, path } = await tenBytes()
    for (const known of [`"${digest}"`, `W/"${digest}"`, `"other" , "${digest}"`, '*']) {
      const headers = { 'if-none-match': known, range: 'bytes=0-3' }
      const response = await client.send(path, { method, headers })
      expect([response.status, await response.text()]).toEqual([304, ''])
      expect(response.headers.get('etag')).toBe(`"${digest}"`)
    }
  })

  it.each(['"other"', 'sha256:abc', ''])('sends all to who has only %j', async (known) => {
    const { path } = await tenBytes()
    const response = await client.send(path, { headers: { 'if-none-match': known } })
    expect([response.status, await response.text()]).toEqual([200, '0123456789'])
  })

  it('sends a part only to whom it goes with what they have (RFC 9110, 13.1.5)', async () => {
    const { digest, path } = await tenBytes()
    const part = (condition: string) =>
      client.send(path, { headers: { range: 'bytes=0-3', 'if-range': condition } })
    expect(await (await part(`"${digest}"`)).text()).toBe('0123')
    for (const condition of ['"other"', `W/"${digest}"`, 'Fri, 27 Nov 2026 00:00:00 GMT']) {
      const response = await part(condition)
      expect([response.status, await response.text()]).toEqual([200, '0123456789'])
    }
  })

  it('goes on while the blob is deleted', async () => {
    const name = await aRepository(ecr.client())
    const bytes = randomBytes(16 * 1024 * 1024)
    const { digest } = await client.pushBlob(name, bytes)
    const path = `/v2/${name}/blobs/${digest}`
    const pulled = await client.send(path)
    const reader = (pulled.body as ReadableStream<Uint8Array>).getReader()
    const chunks = [(await reader.read()).value as Uint8Array]

    expect((await client.send(path, { method: 'DELETE' })).status).toBe(202)
    expect((await client.send(path)).status).toBe(404)
    for (let read = await reader.read(); !read.done; read = await reader.read()) chunks.push(read.value)
    expect(sha256(Buffer.concat(chunks))).toBe(digest)
  })

  it('ends with a client that leaves, and the server goes on', async () => {
    const name = await aRepository(ecr.client())
    const { digest } = await client.pushBlob(name, randomBytes(8 * 1024 * 1024))
    const leaving = new AbortController()
    const pulled = await client.send(`/v2/${name}/blobs/${digest}`, { signal: leaving.signal })
    leaving.abort()
    await expect(pulled.arrayBuffer()).rejects.toThrow('aborted')
    expect(sha256(await client.getBlob(name, digest))).toBe(digest)
  })
})
