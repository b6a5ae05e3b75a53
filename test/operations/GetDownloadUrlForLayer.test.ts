import { randomBytes } from 'node:crypto'
import {
  BatchDeleteImageCommand,
  DeleteRepositoryCommand,
  type ECRClient,
  GetDownloadUrlForLayerCommand,
} from '@aws-sdk/client-ecr'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  aLayer,
  aName,
  anImage,
  aRepository,
  type Descriptor,
  manifestText,
  sha256,
} from '../support/content.ts'
import { authorizationOf, emulator } from '../support/emulator.ts'
import { plainRequest } from '../support/http.ts'
import {
  DEFAULT_ACCOUNT,
  invalidParameter,
  invalidRepositoryMembers,
  refusal,
  repositoryNotFound,
} from '../support/refusals.ts'
import { registryClient } from '../support/registry.ts'

const DIGEST = sha256('a layer')
const HOUR = 60 * 60 * 1000

describe('GetDownloadUrlForLayer', () => {
  const ecr = emulator()
  let client: ECRClient
  let repositoryName: string
  beforeAll(async () => {
    client = ecr.client()
    repositoryName = await aRepository(client)
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const get = (layerDigest: string, settings: object = {}) =>
    client.send(new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest, ...settings }))

  /** A layer of an image, and a URL for it. */
  const aUrl = async (bytes: Uint8Array = randomBytes(64), name = repositoryName): Promise<URL> => {
    const layer = await aLayer(client, name, bytes)
    const registry = registryClient(ecr)
    const text = manifestText(layer, [])
    const { status } = await registry.putManifest(name, sha256(text), text)
    expect(status).toBe(201)
    const { downloadUrl } = await get(layer.digest, { repositoryName: name })
    return new URL(downloadUrl ?? '')
  }

  describe('validation', () => {
    it.each([
      ...invalidRepositoryMembers,
      ['layerDigest', 'Member must not be null', { layerDigest: undefined }],
      [
        'layerDigest',
        'Member must satisfy regular expression pattern: [a-zA-Z0-9-_+.]+:[a-fA-F0-9]+',
        { layerDigest: 'latest' },
      ],
    ])('says of %s: %s', async (member, constraint, input) => {
      await expect(get(DIGEST, input)).rejects.toMatchObject(invalidParameter(member, constraint))
    })
  })

  describe('refusals', () => {
    const where = () =>
      `the repository with name '${repositoryName}' in the registry with id '${DEFAULT_ACCOUNT}'`

    it.each([DIGEST, `sha512:${'0'.repeat(128)}`])(
      'refuses a repository that is not there, for %s',
      async (digest) => {
        const missing = aName()
        await expect(get(digest, { repositoryName: missing })).rejects.toMatchObject(
          repositoryNotFound(missing),
        )
      },
    )

    it.each([DIGEST, 'sha256:00', `sha512:${'0'.repeat(128)}`])(
      'refuses %s, which no layer has',
      async (digest) => {
        const message = `The layer with digest '${digest}' does not exist within ${where()}`
        await expect(get(digest)).rejects.toMatchObject(refusal('LayersNotFoundException', message))
      },
    )

    it('refuses a layer that only another repository has', async () => {
      const { layers } = await anImage(client, await aRepository(client))
      await expect(get(layers[0]?.digest ?? '')).rejects.toMatchObject({ name: 'LayersNotFoundException' })
    })

    it('refuses a layer that no image names, before there is one and when it is gone', async () => {
      const inaccessible = ({ digest }: Descriptor) =>
        refusal(
          'LayerInaccessibleException',
          `The layer with digest '${digest}' is not accessible within ${where()} because it is not associated with an image`,
        )
      const layer = await aLayer(client, repositoryName)
      await expect(get(layer.digest)).rejects.toMatchObject(inaccessible(layer))

      const image = await anImage(client, repositoryName)
      expect((await get(image.config.digest)).layerDigest).toBe(image.config.digest)
      const imageIds = [{ imageDigest: image.digest }]
      await client.send(new BatchDeleteImageCommand({ repositoryName, imageIds }))
      await expect(get(image.config.digest)).rejects.toMatchObject(inaccessible(image.config))
    })
  })

  describe('effects', () => {
    it('answers a presigned URL of an hour, on the host that was asked', async () => {
      const { layers } = await anImage(client, repositoryName)
      const digest = layers[0]?.digest ?? ''
      const { downloadUrl = '', layerDigest } = await get(digest)
      expect(layerDigest).toBe(digest)
      const url = new URL(downloadUrl)
      expect(url.origin).toBe(ecr.server.url)
      expect(url.searchParams.get('X-Amz-Expires')).toBe('3600')
      expect(url.searchParams.get('X-Amz-Signature')).toMatch(/^[0-9a-f]{64}$/)
    })

    it('gives the bytes to whoever has the URL, without a login', async () => {
      const bytes = randomBytes(300_000)
      const response = await fetch(await aUrl(bytes))
      expect(response.status).toBe(200)
      expect(response.headers.get('content-length')).toBe('300000')
      expect(response.headers.get('content-type')).toBe('application/octet-stream')
      expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true)
    })

    it('does not mind a login that clients repeat after a redirect', async () => {
      const headers = { authorization: 'Basic bm9ib2R5Om5vdGhpbmc=' }
      expect((await fetch(await aUrl(), { headers })).status).toBe(200)
    })

    it('answers a HEAD without the bytes', async () => {
      const response = await fetch(await aUrl(), { method: 'HEAD' })
      expect([response.status, response.headers.get('content-length')]).toEqual([200, '64'])
      expect(await response.text()).toBe('')
    })

    it.each([
      ['bytes=2-4', 206, 'cde', 'bytes 2-4/10'],
      ['bytes=7-', 206, 'hij', 'bytes 7-9/10'],
      ['bytes=-2', 206, 'ij', 'bytes 8-9/10'],
      ['bytes=8-99', 206, 'ij', 'bytes 8-9/10'],
      ['lines=1-2', 200, 'abcdefghij', null],
    ])('answers the range %s', async (range, status, body, contentRange) => {
      const url = await aUrl(Buffer.from('abcdefghij'), await aRepository(client))
      const response = await fetch(url, { headers: { range } })
      expect([response.status, await response.text()]).toEqual([status, body])
      expect(response.headers.get('content-range')).toBe(contentRange)
    })

    it('refuses a range behind the last byte', async () => {
      const response = await fetch(await aUrl(), { headers: { range: 'bytes=64-' } })
      expect([response.status, response.headers.get('content-range')]).toEqual([416, 'bytes */64'])
    })

    it('answers a URL of the host that the request names, which works there', async () => {
      const { layers } = await anImage(client, repositoryName)
      const host = '000000000000.dkr.ecr.eu-west-1.localhost:3270'
      const headers = {
        host,
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.GetDownloadUrlForLayer',
        authorization: authorizationOf('test', 'eu-west-1'),
      }
      const body = JSON.stringify({ repositoryName, layerDigest: layers[0]?.digest })
      const answer = await plainRequest(ecr.server.url, { method: 'POST', headers, body })
      const url = new URL(JSON.parse(answer.body).downloadUrl)
      expect(url.host).toBe(host)
      const here = `${ecr.server.url}${url.pathname}${url.search}`
      expect((await plainRequest(here, { headers: { host } })).status).toBe(200)
      expect((await fetch(here)).status).toBe(403)
    })

    it('gives layers that came through the registry', async () => {
      const { layers } = await registryClient(ecr).pushImage(repositoryName)
      const [layer] = layers
      const { downloadUrl = '' } = await get(layer?.digest ?? '')
      const response = await fetch(downloadUrl)
      expect(sha256(Buffer.from(await response.arrayBuffer()))).toBe(layer?.digest)
    })
  })

  describe('the URL', () => {
    const refused = async (url: URL | string, init?: RequestInit) => {
      const response = await fetch(url, init)
      expect(response.status).toBe(403)
      expect(response.headers.get('content-type')).toBe('application/xml')
      expect(await response.text()).toContain('<Error><Code>AccessDenied</Code>')
    }

    it.each<[string, (url: URL, other: URL) => void]>([
      ['another layer', (url, other) => Object.assign(url, { pathname: other.pathname })],
      [
        'another repository',
        (url) => Object.assign(url, { pathname: url.pathname.replace(/repository-/, 'other-') }),
      ],
      [
        'another registry',
        (url) => Object.assign(url, { pathname: url.pathname.replace(DEFAULT_ACCOUNT, '1'.repeat(12)) }),
      ],
      ['a longer life', (url) => url.searchParams.set('X-Amz-Expires', '36000')],
      ['a later date', (url) => url.searchParams.set('X-Amz-Date', '20991231T000000Z')],
      ['another signature', (url) => url.searchParams.set('X-Amz-Signature', '0'.repeat(64))],
      ['no signature', (url) => url.searchParams.delete('X-Amz-Signature')],
      ['one member more', (url) => url.searchParams.append('x', 'y')],
      ['nothing behind its path', (url) => Object.assign(url, { search: '' })],
      [
        'a path that is no text',
        (url) => Object.assign(url, { pathname: url.pathname.replace('/sha', '%ff/sha') }),
      ],
    ])('is refused with %s', async (_, alter) => {
      const [url, other] = [await aUrl(), await aUrl()]
      alter(url, other)
      await refused(url)
    })

    it('works until an hour has passed, and not after it', async () => {
      vi.useFakeTimers({ toFake: ['Date'] })
      const url = await aUrl()
      const issuedAt = Math.floor(Date.now() / 1000) * 1000
      vi.setSystemTime(issuedAt + HOUR - 1)
      expect((await fetch(url)).status).toBe(200)
      vi.setSystemTime(issuedAt + HOUR)
      await refused(url)
    })

    it('is for the host that it was asked of', async () => {
      const url = await aUrl()
      const answer = await plainRequest(`${url}`, { headers: { host: 'elsewhere.example:3270' } })
      expect(answer).toMatchObject({ status: 403, body: expect.stringContaining('AccessDenied') })
    })

    it('is for reading only', async () => {
      const response = await fetch(await aUrl(), { method: 'DELETE' })
      expect([response.status, await response.text()]).toEqual([
        405,
        expect.stringContaining('MethodNotAllowed'),
      ])
    })

    it('leads to nothing when the repository is gone', async () => {
      const name = await aRepository(client)
      const url = await aUrl(randomBytes(64), name)
      await client.send(new DeleteRepositoryCommand({ repositoryName: name, force: true }))
      const response = await fetch(url)
      expect([response.status, await response.text()]).toEqual([404, expect.stringContaining('NoSuchKey')])
    })
  })
})
