import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { digestAlgorithms, digestOf } from '../../src/rules/digest.ts'
import { OCI_INDEX, OCI_MANIFEST } from '../../src/rules/media-types.ts'
import { openUpstreams } from '../../src/upstream/registries.ts'
import { type Login, UpstreamError, type UpstreamFailure } from '../../src/upstream/upstream.ts'
import { type Descriptor, indexText, sha256 } from '../support/content.ts'
import { answering, OPEN_UPSTREAM, type Part, playedRegistry, routing } from '../support/upstream.ts'

const ann: Login = { kind: 'basic', username: 'ann', password: 'secret' }
const annsHeader = `Basic ${Buffer.from('ann:secret').toString('base64')}`
const text = '{"schemaVersion":2}'
const digest = digestOf(Buffer.from(text))
const manifest = answering(200, { 'content-type': `${OCI_MANIFEST}; charset=utf-8` }, text)

describe('openUpstreams', async () => {
  const [registry, elsewhere] = [await playedRegistry(), await playedRegistry()]
  const map = new Map([[OPEN_UPSTREAM, registry.url]])
  /** Who was never there before. */
  const open = (login: Login = { kind: 'anonymous' }) =>
    openUpstreams({ elsewhere: map }).open(OPEN_UPSTREAM, login)
  const lines = () => registry.requests.map(({ line }) => line)
  const headers = () => registry.requests.map(({ authorization }) => authorization)

  async function failureOf(work: Promise<unknown>): Promise<UpstreamFailure> {
    const error = await work.then(
      () => expect.fail('nothing failed'),
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(UpstreamError)
    return (error as UpstreamError).failure
  }

  /** Plays a registry behind a challenge, which opens to one header. */
  function guarded(challenge: string, authorization: string, routes: Record<string, Part>): Part {
    const refuse = answering(401, { 'www-authenticate': challenge })
    return (request, response) => {
      const [path = ''] = (request.url ?? '').split('?')
      const isLogin = path === '/token'
      const part = isLogin || request.headers.authorization === authorization ? routing(routes) : refuse
      part(request, response)
    }
  }

  it('asks for every type of manifest, and answers with the type that came', async () => {
    let accept: string | undefined
    registry.play((request, response) => {
      accept = request.headers.accept
      manifest(request, response)
    })
    const fetched = await open().manifest('team/app', 'v1')
    expect(fetched).toEqual({ bytes: Buffer.from(text), mediaType: OCI_MANIFEST })
    expect(lines()).toEqual(['GET /v2/team/app/manifests/v1'])
    expect(accept?.split(', ')).toEqual(expect.arrayContaining([OCI_INDEX, OCI_MANIFEST]))
  })

  it('takes no other bytes than the digest is of', async () => {
    registry.play(manifest)
    await open().manifest('app', digest)
    registry.play(answering(200, {}, '{}'))
    expect(await failureOf(open().manifest('app', digest))).toBe('unavailable')
  })

  it.each<[number, UpstreamFailure]>([
    [404, 'missing'],
    [401, 'denied'],
    [403, 'denied'],
    [429, 'throttled'],
    [500, 'unavailable'],
    [204, 'unavailable'],
    [302, 'unavailable'],
  ])('takes %d as "%s"', async (status, failure) => {
    registry.play(answering(status))
    expect(await failureOf(open().manifest('app', 'v1'))).toBe(failure)
    expect(await failureOf(open().blob('app', digest))).toBe(failure)
  })

  describe('logging in', () => {
    it('sends a password only when it is asked for', async () => {
      registry.play(guarded('Basic realm="here"', annsHeader, { '/v2/app/manifests/v1': manifest }))
      const upstream = open(ann)
      await upstream.manifest('app', 'v1')
      expect(headers()).toEqual([undefined, annsHeader])
      await upstream.manifest('app', 'v1')
      expect(headers()).toEqual([undefined, annsHeader, annsHeader])
    })

    it.each<[string, Login, string | undefined]>([
      ['with a password', ann, annsHeader],
      ['as nobody', { kind: 'anonymous' }, undefined],
    ])('gets a token %s', async (_how, login, authorization) => {
      const challenge = `Bearer realm="${registry.url}/token",service="hub",scope="repository:app:pull"`
      const token = answering(200, {}, JSON.stringify({ access_token: `for ${login.kind}` }))
      registry.play(
        guarded(challenge, `Bearer for ${login.kind}`, { '/token': token, '/v2/app/manifests/v1': manifest }),
      )
      await open(login).manifest('app', 'v1')
      expect(registry.requests[1]).toEqual({
        line: 'GET /token?service=hub&scope=repository%3Aapp%3Apull',
        authorization,
      })
      expect(headers()[2]).toBe(`Bearer for ${login.kind}`)
    })

    it('asks for the scope that it needs when the challenge names none', async () => {
      registry.play(
        guarded('Bearer realm="/token"', 'never', { '/token': answering(200, {}, '{"token":"t"}') }),
      )
      await failureOf(open().blob('team/app', digest))
      expect(lines()[1]).toBe('GET /token?scope=repository%3Ateam%2Fapp%3Apull')
    })

    it('gets another token when the one that it has is refused', async () => {
      let count = 0
      registry.play((request, response) => {
        const isCurrent = request.headers.authorization === `Bearer ${count}`
        if (request.url?.startsWith('/token')) answering(200, {}, `{"token":"${++count}"}`)(request, response)
        else if (isCurrent) manifest(request, response)
        else answering(401, { 'www-authenticate': 'Bearer realm="/token"' })(request, response)
      })
      const upstream = open(ann)
      await upstream.manifest('app', 'v1')
      count += 1
      await upstream.manifest('app', 'v1')
      expect(headers().filter((header) => header?.startsWith('Bearer'))).toEqual([
        'Bearer 1',
        'Bearer 1',
        'Bearer 3',
      ])
    })

    it.each<[string, string, Part, UpstreamFailure]>([
      ['a token server that refuses', 'Bearer realm="/token"', answering(401), 'denied'],
      ['a token server that is not there', 'Bearer realm="/token"', answering(404), 'unavailable'],
      ['a token server in distress', 'Bearer realm="/token"', answering(503), 'unavailable'],
      ['too many logins', 'Bearer realm="/token"', answering(429), 'throttled'],
      ['a token that is none', 'Bearer realm="/token"', answering(200, {}, '{"token":1}'), 'unavailable'],
      ['an answer that is no JSON', 'Bearer realm="/token"', answering(200, {}, '<html>'), 'unavailable'],
      ['a realm that is no URL', 'Bearer realm="http://["', answering(404), 'unavailable'],
      ['a realm of another scheme', 'Bearer realm="file:///etc/passwd"', answering(404), 'unavailable'],
      ['a scheme that it does not know', 'Negotiate', answering(404), 'denied'],
    ])('fails with %s', async (_what, challenge, token, failure) => {
      registry.play(guarded(challenge, 'never', { '/token': token }))
      expect(await failureOf(open().manifest('app', 'v1'))).toBe(failure)
    })

    it('takes the way in that is open to nobody in particular', async () => {
      const challenge = `Basic realm="here", Bearer realm="/token"`
      const token = answering(200, {}, '{"token":"t"}')
      registry.play(guarded(challenge, 'Bearer t', { '/token': token, '/v2/app/manifests/v1': manifest }))
      await open().manifest('app', 'v1')
      expect(headers()).toEqual([undefined, undefined, 'Bearer t'])
    })

    it('reads no token above 1 MiB', async () => {
      const token = answering(200, {}, JSON.stringify({ token: 't'.repeat(1024 * 1024) }))
      registry.play(guarded('Bearer realm="/token"', 'never', { '/token': token }))
      expect(await failureOf(open(ann).manifest('app', 'v1'))).toBe('unavailable')
    })

    describe('as a role of another ECR', () => {
      const role: Login = { kind: 'ecr', accountId: '111122223333', region: 'us-east-1', roleArn: undefined }
      const challenge = answering(401, { 'www-authenticate': 'Basic realm="here"' })
      const answeringPost =
        (part: Part): Part =>
        (request, response) =>
          (request.method === 'POST' ? part : challenge)(request, response)

      it('is not led elsewhere', async () => {
        registry.play(answeringPost(answering(307, { location: elsewhere.url })))
        elsewhere.play(answering(200, {}, '{}'))
        expect(await failureOf(open(role).manifest('app', 'v1'))).toBe('denied')
        expect(elsewhere.requests).toEqual([])
      })

      it('reads no answer without an end', async () => {
        const piece = Buffer.alloc(1024 * 1024, ' ')
        const endless: Part = (_request, response) => {
          const write = (): void => void response.write(piece, (error) => error ?? write())
          write()
        }
        registry.play(answeringPost(endless))
        expect(await failureOf(open(role).manifest('app', 'v1'))).toBe('unavailable')
      })
    })

    it('has no password for who asks an open registry', async () => {
      registry.play(guarded('Basic realm="here"', annsHeader, {}))
      expect(await failureOf(open().manifest('app', 'v1'))).toBe('denied')
      expect(headers()).toEqual([undefined])
    })
  })

  describe('following redirects', () => {
    const to = (location: string): Part => answering(307, { location })

    it('leaves the login behind when it goes to another host, and does not take it up again', async () => {
      registry.play(
        guarded('Basic realm="here"', annsHeader, {
          [`/v2/app/blobs/${digest}`]: to(`${elsewhere.url}/blob`),
        }),
      )
      elsewhere.play(to(`${registry.url}/signed`))
      expect(await failureOf(open(ann).blob('app', digest))).toBe('denied')
      expect(elsewhere.requests).toEqual([{ line: 'GET /blob', authorization: undefined }])
      expect(headers().at(-1)).toBeUndefined()
    })

    it.each([
      ['a token', 'Bearer realm="/token"'],
      ['a password', 'Basic realm="here"'],
    ])('has no login for the host that it leads to, which asks for %s', async (_what, challenge) => {
      registry.play(to(`${elsewhere.url}/blob`))
      elsewhere.play(answering(401, { 'www-authenticate': challenge }))
      expect(await failureOf(open(ann).blob('app', digest))).toBe('denied')
      expect(elsewhere.requests).toEqual([{ line: 'GET /blob', authorization: undefined }])
      expect(headers()).toEqual([undefined])
    })

    it('keeps a token that only the host it leads to does not like', async () => {
      const routes = {
        '/token': answering(200, {}, '{"token":"t"}'),
        [`/v2/app/blobs/${digest}`]: to(`${elsewhere.url}/blob`),
      }
      registry.play(guarded('Bearer realm="/token"', 'Bearer t', routes))
      elsewhere.play(answering(403))
      const upstream = open(ann)
      for (const _ of ['first', 'second'])
        expect(await failureOf(upstream.blob('app', digest))).toBe('denied')
      expect(lines().filter((line) => line.startsWith('GET /token'))).toHaveLength(1)
    })

    it('keeps it at the same host', async () => {
      registry.play(
        guarded('Basic realm="here"', annsHeader, {
          [`/v2/team/blobs/${digest}`]: to('/blob'),
          '/blob': answering(200, {}, text),
        }),
      )
      const { bytes } = await open(ann).blob('team', digest)
      expect(await buffer(bytes)).toEqual(Buffer.from(text))
      expect(headers().at(-1)).toBe(annsHeader)
    })

    it.each(['ftp://127.0.0.1/', 'http://[', 'http://169.254.169.254/latest/meta-data/'])(
      'does not go to %s',
      async (location) => {
        registry.play(to(location))
        expect(await failureOf(open().blob('app', digest))).toBe('unavailable')
        expect(lines()).toHaveLength(1)
      },
    )

    it('gives up going in circles', async () => {
      registry.play(to('/again'))
      expect(await failureOf(open().blob('app', digest))).toBe('unavailable')
      expect(lines()).toHaveLength(6)
    })
  })

  describe('having enough', () => {
    const impatient = openUpstreams({ elsewhere: map, patience: { head: 100, piece: 100, whole: 300 } })
    const hasty = () => impatient.open(OPEN_UPSTREAM, { kind: 'anonymous' })

    it('does not wait for ever for an answer', async () => {
      registry.play(() => undefined)
      expect(await failureOf(hasty().ping())).toBe('unavailable')
    })

    it('does not wait for ever for the rest of one', async () => {
      registry.play((_request, response) => {
        response.writeHead(200, { 'content-length': 100 }).write('{')
      })
      expect(await failureOf(hasty().manifest('app', 'v1'))).toBe('unavailable')
    })

    it('does not wait for ever for one that drips', async () => {
      registry.play((_request, response) => {
        const drip = setInterval(() => response.write('x'), 20)
        response.writeHead(200).on('close', () => clearInterval(drip))
      })
      expect(await failureOf(hasty().manifest('app', 'v1'))).toBe('unavailable')
    })

    it('states no length of a blob that is compressed on its way', async () => {
      const compressed = gzipSync(text)
      const head = { 'content-encoding': 'gzip', 'content-length': String(compressed.length) }
      registry.play(answering(200, head, compressed))
      const { bytes, sizeInBytes } = await open().blob('app', digest)
      expect(sizeInBytes).toBeUndefined()
      expect(await buffer(bytes)).toEqual(Buffer.from(text))
    })

    it('reads no manifest above 4 MiB', async () => {
      registry.play(answering(200, {}, Buffer.alloc(4 * 1024 * 1024 + 1)))
      expect(await failureOf(open().manifest('app', 'v1'))).toBe('unavailable')
    })

    it('finds nobody at a port where nobody listens', async () => {
      const nowhere = openUpstreams({ elsewhere: new Map([[OPEN_UPSTREAM, 'http://127.0.0.1:9']]) })
      expect(await failureOf(nowhere.open(OPEN_UPSTREAM, ann).ping())).toBe('unavailable')
    })

    it('ends what is under way when it is closed, and begins nothing any more', async () => {
      const closing = openUpstreams({ elsewhere: map })
      const asked = new Promise<void>((resolve) => registry.play(() => resolve()))
      const pending = failureOf(closing.open(OPEN_UPSTREAM, ann).ping())
      await asked
      closing.close()
      expect(await pending).toBe('unavailable')
      expect(await failureOf(closing.open(OPEN_UPSTREAM, ann).ping())).toBe('unavailable')
      expect(lines()).toHaveLength(1)
    })
  })

  describe('referrers', () => {
    const route = `/v2/app/referrers/${digest}`
    const descriptor = (content: string): Descriptor => ({
      mediaType: OCI_MANIFEST,
      digest: sha256(content),
      size: content.length,
    })
    const [one, two] = [descriptor('one'), descriptor('two')]
    const listing = (manifests: Descriptor[], headers: Record<string, string> = {}): Part =>
      answering(200, { 'content-type': OCI_INDEX, ...headers }, indexText(manifests))

    it('reads page after page of the same list', async () => {
      registry.play((request, response) => {
        const next = { link: `<${route}?last=1>; rel="next"` }
        const page = request.url === route ? listing([one], next) : listing([two])
        page(request, response)
      })
      expect(await open().referrers('app', digest)).toEqual([one.digest, two.digest])
      expect(lines()).toEqual([`GET ${route}`, `GET ${route}?last=1`])
    })

    it.each(['/v2/other/referrers/x', 'http://127.0.0.1:9/v2/app/referrers/x', '/etc'])(
      'does not go on to %s',
      async (target) => {
        registry.play(listing([one], { link: `<${target}>; rel="next"` }))
        expect(await open().referrers('app', digest)).toEqual([one.digest])
        expect(lines()).toHaveLength(1)
      },
    )

    it('gives up on a list without an end', async () => {
      registry.play(listing([one], { link: `<${route}?last=1>; rel="next"` }))
      expect(await open().referrers('app', digest)).toHaveLength(20)
    })

    it.each(digestAlgorithms)(
      'reads the index under the tag of registries that know none: %s',
      async (of) => {
        const subject = digestOf(Buffer.from(text), of)
        // distribution-spec, "Referrers Tag Schema": a tag has no more than 64 digits of it.
        const tag = subject.replace(':', '-').slice(0, 'sha256-'.length + 64)
        registry.play(routing({ [`/v2/app/manifests/${tag}`]: listing([two]) }))
        expect(await open().referrers('app', subject)).toEqual([two.digest])
      },
    )

    it('are none where there is neither', async () => {
      registry.play(answering(404))
      expect(await open().referrers('app', digest)).toEqual([])
    })
  })
})
