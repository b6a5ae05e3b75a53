import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  BatchDeleteImageCommand,
  DeleteRepositoryCommand,
  PutImageCommand,
  SetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { repeatedAnswers } from '../../src/distribution/repeated-answers.ts'
import type { Domain } from '../../src/domain/domain.ts'
import { plantedFaults } from '../../src/domain/faults.ts'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { policyText } from '../support/policies.ts'
import { jsonOf, registryClient } from '../support/registry.ts'

describe('what is asked for again', () => {
  const ecr = emulator()
  const client = registryClient(ecr)

  async function pushed() {
    const name = await aRepository(ecr.client())
    const image = await client.pushImage(name, 'v1')
    const [layer] = image.layers
    const paths = [`/v2/${name}/manifests/v1`, `/v2/${name}/blobs/${layer?.digest}`] as const
    return { name, image, paths }
  }

  /** Status, headers but the date, and body. */
  async function answerTo(path: string, init: RequestInit = {}) {
    const response = await client.send(path, init)
    const headers = Object.fromEntries(response.headers)
    delete headers.date
    return { status: response.status, headers, body: await response.text() }
  }

  async function statusesOf(paths: readonly string[], init: RequestInit = {}): Promise<number[]> {
    const statuses: number[] = []
    for (const path of paths) statuses.push((await answerTo(path, init)).status)
    return statuses
  }

  it.each(['GET', 'HEAD'])('is answered by %s as the first time', async (method) => {
    const { paths, image } = await pushed()
    for (const path of paths) {
      const first = await answerTo(path, { method })
      expect(first.status).toBe(200)
      for (let time = 0; time < 3; time += 1) expect(await answerTo(path, { method })).toEqual(first)
    }
    expect((await answerTo(paths[0])).body).toBe(image.text)
  })

  it('is something else for GET, for HEAD, and for a range', async () => {
    const { paths } = await pushed()
    const whole = await answerTo(paths[1])
    expect((await answerTo(paths[1], { method: 'HEAD' })).body).toBe('')
    expect(await answerTo(paths[1])).toEqual(whole)
    const range = await answerTo(paths[1], { headers: { range: 'bytes=1-2' } })
    expect(range).toMatchObject({ status: 206, headers: { 'content-length': '2' } })
    expect(await answerTo(paths[1])).toEqual(whole)
  })

  it('is the image to which the tag was moved', async () => {
    const { name, image, paths } = await pushed()
    expect((await answerTo(paths[0])).body).toBe(image.text)
    const next = await client.pushImage(name, 'v1')
    expect((await answerTo(paths[0])).body).toBe(next.text)
    await ecr
      .client()
      .send(new PutImageCommand({ repositoryName: name, imageManifest: image.text, imageTag: 'v1' }))
    expect((await answerTo(paths[0])).body).toBe(image.text)
  })

  it('is gone with its tag, and with its repository', async () => {
    const { name, image, paths } = await pushed()
    const byDigest = `/v2/${name}/manifests/${image.digest}`
    expect(await statusesOf([...paths, byDigest])).toEqual([200, 200, 200])
    const untag = { repositoryName: name, imageIds: [{ imageTag: 'v1' }] }
    await client.putManifest(name, 'kept', image.text)
    await ecr.client().send(new BatchDeleteImageCommand(untag))
    expect(await statusesOf([...paths, byDigest])).toEqual([404, 200, 200])
    await ecr.client().send(new DeleteRepositoryCommand({ repositoryName: name, force: true }))
    expect(await statusesOf([...paths, byDigest])).toEqual([404, 404, 404])
  })

  it.each(['GET', 'HEAD'])(
    'is a list, a page of it, or referrers, to %s as the first time',
    async (method) => {
      const { name, image } = await pushed()
      const { digest, mediaType, size } = image
      await client.putManifest(name, 'v2', image.text)
      await client.pushImage(name, undefined, { subject: { digest, mediaType, size } })
      const list = `/v2/${name}/tags/list`
      for (const path of [list, `${list}?n=1`, '/v2/_catalog?n=1', `/v2/${name}/referrers/${digest}`]) {
        const first = await answerTo(path, { method })
        expect(first.status).toBe(200)
        expect(first.body === '').toBe(method === 'HEAD')
        expect('link' in first.headers).toBe(path.endsWith('?n=1'))
        for (let time = 0; time < 3; time += 1) expect(await answerTo(path, { method })).toEqual(first)
      }
    },
  )

  it('is a list with the tags that there are now', async () => {
    const { name, image } = await pushed()
    const list = async () => JSON.parse((await answerTo(`/v2/${name}/tags/list`)).body).tags
    const page = async () => {
      const { headers, body } = await answerTo(`/v2/${name}/tags/list?n=1`)
      return [JSON.parse(body).tags, headers.link !== undefined]
    }
    expect([await list(), await page()]).toEqual([['v1'], [['v1'], false]])
    await client.putManifest(name, 'v2', image.text)
    expect([await list(), await page()]).toEqual([
      ['v1', 'v2'],
      [['v1'], true],
    ])
    await client.send(`/v2/${name}/manifests/v1`, { method: 'DELETE' })
    expect([await list(), await page()]).toEqual([['v2'], [['v2'], false]])
    await client.send(`/v2/${name}/manifests/${image.digest}`, { method: 'DELETE' })
    expect([await list(), await page()]).toEqual([[], [[], false]])
    await ecr.client().send(new DeleteRepositoryCommand({ repositoryName: name, force: true }))
    expect(await statusesOf([`/v2/${name}/tags/list`, `/v2/${name}/tags/list?n=1`])).toEqual([404, 404])
  })

  it('is a catalog with the repositories that there are now', async () => {
    const region = 'sa-east-1'
    const own = registryClient(ecr, { region })
    const list = async () => (await jsonOf(own.send('/v2/_catalog'))).repositories
    expect(await list()).toEqual([])
    const repositoryName = await aRepository(ecr.client({ region }))
    expect(await list()).toEqual([repositoryName])
    await ecr.client({ region }).send(new DeleteRepositoryCommand({ repositoryName }))
    expect(await list()).toEqual([])
  })

  it('is the referrers that there are now', async () => {
    const { name, image } = await pushed()
    const { digest, mediaType, size } = image
    const path = `/v2/${name}/referrers/${digest}`
    const digests = async (query = '') =>
      JSON.parse((await answerTo(path + query)).body).manifests.map((each: { digest: string }) => each.digest)
    expect(await digests()).toEqual([])
    const referrer = { subject: { digest, mediaType, size }, artifactType: 'application/vnd.example.sbom' }
    const sbom = await client.pushImage(name, undefined, referrer)
    expect([await digests(), await digests('?artifactType=other')]).toEqual([[sbom.digest], []])
    await client.send(`/v2/${name}/manifests/${sbom.digest}`, { method: 'DELETE' })
    expect(await digests()).toEqual([])
  })

  it('is a list that is longer than a blob may be to be kept', async () => {
    const { name, image } = await pushed()
    const tags = Array.from({ length: 600 }, (_, index) => `v${index}-${'x'.repeat(120)}`)
    for (let first = 0; first < tags.length; first += 100) {
      const query = new URLSearchParams(
        tags.slice(first, first + 100).map((tag): [string, string] => ['tag', tag]),
      )
      expect((await client.putManifest(name, `${image.digest}?${query}`, image.text)).status).toBe(201)
    }
    const list = await answerTo(`/v2/${name}/tags/list`)
    expect(list.body).toBe(JSON.stringify({ name, tags: [...tags, 'v1'].sort() }))
    expect(await answerTo(`/v2/${name}/tags/list`)).toEqual(list)
  })

  it('is refused as soon as a policy says so', async () => {
    const { name, paths } = await pushed()
    const all = [...paths, `/v2/${name}/tags/list`]
    expect(await statusesOf(all)).toEqual([200, 200, 200])
    const Action = ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer', 'ecr:ListImages']
    const deny = policyText({ Effect: 'Deny', Action })
    await ecr.client().send(new SetRepositoryPolicyCommand({ repositoryName: name, policyText: deny }))
    expect(await statusesOf(all)).toEqual([403, 403, 403])
  })

  it('is asked for by somebody else, who may not have it', async () => {
    const { paths } = await pushed()
    expect(await statusesOf(paths)).toEqual([200, 200])
    const stranger = registryClient(ecr, { accessKeyId: '222222222222' })
    const host = new URL(ecr.server.url).host
    const headers = { authorization: await stranger.authorization() }
    const named = paths.map((path) => `${path}?ns=000000000000.dkr.ecr.eu-west-1.amazonaws.com&at=${host}`)
    expect(await statusesOf(named)).toEqual([200, 200])
    expect(await statusesOf(named, { headers })).toEqual([403, 403])
    expect(await statusesOf(paths, { headers: { authorization: '' } })).toEqual([401, 401])
  })

  it('is refused when the login has expired', async () => {
    const { paths } = await pushed()
    expect(await statusesOf(paths)).toEqual([200, 200])
    await ecr.server.clock({ advance: 'PT13H' })
    expect(await statusesOf(paths)).toEqual([403, 403])
    await ecr.server.clock({ reset: true })
    expect(await statusesOf(paths)).toEqual([200, 200])
  })

  it('is forgotten by a reset', async () => {
    const { paths } = await pushed()
    expect(await statusesOf(paths)).toEqual([200, 200])
    await ecr.server.reset()
    expect(await statusesOf(paths)).toEqual([404, 404])
  })

  it('is a blob too large to be kept, in the same words', async () => {
    const name = await aRepository(ecr.client())
    const bytes = randomBytes(3_000_000)
    const { digest } = await client.pushBlob(name, bytes)
    const path = `/v2/${name}/blobs/${digest}`
    const first = await client.send(path)
    expect(Buffer.from(await first.arrayBuffer()).equals(bytes)).toBe(true)
    const again = await client.send(path, { headers: { range: 'bytes=1-2999998' } })
    expect(Buffer.from(await again.arrayBuffer()).equals(bytes.subarray(1, -1))).toBe(true)
    const headersOf = ({ headers }: Response) =>
      [...headers.keys()].filter((header) => header !== 'date' && header !== 'keep-alive')
    expect(headersOf(again).filter((header) => header !== 'content-range')).toEqual(headersOf(first))
    expect(headersOf(await client.send(path, { method: 'HEAD' }))).toEqual(headersOf(first))
  })
})

describe('repeatedAnswers', () => {
  const domain = { database: { version: () => 1 }, clock: { now: () => 1 } } as unknown as Domain
  const caller = {
    accountId: '000000000000',
    region: 'eu-west-1',
    principalArn: 'arn:aws:iam::000000000000:root',
  }
  const login = { caller, expiresAt: 2 }
  const head = { method: 'GET', socket: {}, headers: { host: 'here' }, rawHeaders: ['Host', 'here'] }

  /** Answers to requests that are told apart by their URL. */
  function made(expiresAt = login.expiresAt) {
    const answers = repeatedAnswers(domain, plantedFaults())
    const response = { writeHead: () => {}, end: () => {} } as unknown as ServerResponse
    const of = (url: string, more: object = {}) => ({ ...head, url, ...more }) as unknown as IncomingMessage
    return {
      give: (url: string, body?: Uint8Array, more?: object) =>
        answers.give(of(url, more), response, {
          version: 1,
          login: { ...login, expiresAt },
          answer: { headers: {}, body },
        }),
      isRepeated: (url: string, more?: object) => answers.repeat(of(url, more), response),
    }
  }

  it('hold so many bytes at most, of bodies and of what was asked', () => {
    const { give, isRepeated } = made()
    const query = 'x'.repeat(15_000)
    give('first', Buffer.alloc(60_000))
    for (let count = 0; count < 1000; count += 1) give(`${query}${count}`)
    expect(isRepeated('first')).toBe(true)
    for (let count = 0; count < 200; count += 1) give(`${query}-${count}`)
    expect(isRepeated('first')).toBe(false)
    expect(isRepeated(`${query}-199`)).toBe(true)
  })

  it('count an answer once, however often it is kept', () => {
    const { give, isRepeated } = made()
    give('first')
    for (let count = 0; count < 1000; count += 1) give('again', Buffer.alloc(60_000))
    expect(isRepeated('first')).toBe(true)
  })

  it('are kept for some of many clients that ask for the same, those who asked last', () => {
    const { give, isRepeated } = made()
    const as = (client: number) => ({ rawHeaders: ['Host', 'here', 'Authorization', `Basic ${client}`] })
    for (let client = 0; client < 40; client += 1) give('first', undefined, as(client))
    expect(isRepeated('first', as(39))).toBe(true)
    expect(isRepeated('first', as(8))).toBe(true)
    expect(isRepeated('first', as(7))).toBe(false)
  })

  it.each([
    ['a header is another', { rawHeaders: ['Host', 'here', 'Range', 'bytes=0-1'] }],
    ['a header has another name', { rawHeaders: ['host', 'here'] }],
    ['the method is another', { method: 'HEAD' }],
    ['it changes something', { method: 'DELETE' }],
    ['it comes from elsewhere', { socket: { remoteAddress: '10.0.0.1' } }],
    ['it comes by TLS', { socket: { encrypted: true } }],
  ])('are not given when %s', (_, more) => {
    const { give, isRepeated } = made()
    give('first')
    expect(isRepeated('first', more)).toBe(false)
    expect(isRepeated('first')).toBe(true)
  })

  it('are not kept for a request whose URL named the host', () => {
    const { give, isRepeated } = made()
    give('first', undefined, { headers: { host: 'elsewhere' } })
    expect(isRepeated('first')).toBe(false)
  })

  it('are not given to a login that has expired', () => {
    const { give, isRepeated } = made(1)
    give('first')
    expect(isRepeated('first')).toBe(false)
  })
})
