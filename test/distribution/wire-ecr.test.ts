import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { DOCKER_CONFIG, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from '../../src/rules/media-types.ts'
import { aRepository, indexText, OCI_LAYER, sha256, sha512 } from '../support/content.ts'
import { type OciRefusal, ociParameter, ociRefusal, toldBy } from '../support/oci-errors.ts'
import { DEFAULT_ACCOUNT, NAME_CONSTRAINT } from '../support/refusals.ts'
import { type Body, jsonOf, registryClient } from '../support/registry.ts'
import { bothWires, type Side } from '../support/wires.ts'

const MEBIBYTE = 1024 * 1024
const ABSENT = `sha256:${'0'.repeat(64)}`

const { servers, onBoth } = bothWires()

const patch = ({ send }: Side, url: URL, body: Body, range?: string) =>
  send(`${url}`, { method: 'PATCH', body, headers: range ? { 'content-range': range } : {} })

const end = ({ send }: Side, url: URL, digest: string, body: Body | null = null) =>
  send(`${url}?digest=${digest}`, { method: 'PUT', body })

const header = async (response: Response | Promise<Response>, key: string) =>
  (await response).headers.get(key)

/** Refusals that differ in status and code, and have one text. */
function refusals(
  ecr: [number, string],
  spec: [number, string],
  message: string,
): Record<string, OciRefusal> {
  return { ecr: ociRefusal(...ecr, message), spec: ociRefusal(...spec, message) }
}

const parameter = (member: string, constraint: string) => ociParameter(member, constraint).message
const MANIFEST_SYNTAX = parameter('ImageManifest', 'Invalid JSON syntax')

describe('logins', () => {
  it('are asked for in plain text', async () => {
    const asked = await onBoth(async ({ send }) => {
      const response = await send('/v2/', { headers: { authorization: '' } })
      const { status, headers } = response
      return [status, headers.get('content-type'), headers.get('content-length'), await response.text()]
    })
    expect(asked.ecr).toEqual([401, 'text/plain; charset=utf-8', '15', 'Not Authorized\n'])
    const json = '{"errors":[{"code":"UNAUTHORIZED","message":"Not Authorized"}]}\n'
    expect(asked.spec).toEqual([401, 'application/json; charset=utf-8', String(json.length), json])
  })
})

describe('what the API calls an invalid parameter', () => {
  it.each<[string, (side: Side) => Promise<Response>, [number, string], string]>([
    [
      'a name',
      ({ send }) => send('/v2/Upper/tags/list'),
      [400, 'NAME_INVALID'],
      parameter('repositoryName', NAME_CONSTRAINT),
    ],
    [
      'a tag',
      ({ putManifest, name }) => putManifest(name, 'a+b', indexText([]), OCI_INDEX),
      [400, 'TAG_INVALID'],
      parameter('imageTag', "must satisfy regular expression '[a-zA-Z0-9-_.]+'"),
    ],
    [
      'JSON',
      ({ putManifest, name }) => putManifest(name, 'v1', '{', OCI_INDEX),
      [400, 'MANIFEST_INVALID'],
      MANIFEST_SYNTAX,
    ],
    [
      'the size of a manifest',
      ({ putManifest, name }) => putManifest(name, 'v1', ' '.repeat(4 * MEBIBYTE + 1), OCI_INDEX),
      [413, 'SIZE_INVALID'],
      parameter('imageManifest', 'Member must have length less than or equal to 4194304'),
    ],
    [
      'a type that the manifest contradicts',
      ({ putManifest, name }) => putManifest(name, 'v1', indexText([])),
      [400, 'MANIFEST_INVALID'],
      parameter(
        'imageManifestMediaType',
        `'${OCI_MANIFEST}' does not match the mediaType '${OCI_INDEX}' of the image manifest`,
      ),
    ],
    [
      'a number of results',
      ({ send, name }) => send(`/v2/${name}/tags/list?n=few`),
      [400, 'UNSUPPORTED'],
      parameter('maxResults', 'Member must be a whole number'),
    ],
  ])('is 405 UNSUPPORTED: %s', async (_what, ask, spec, message) => {
    expect(await onBoth((side) => toldBy(ask(side)))).toEqual(refusals([405, 'UNSUPPORTED'], spec, message))
  })
})

describe('uploads', () => {
  it('have an absolute Location, and no Docker-Upload-UUID', async () => {
    const begun = await onBoth(async ({ send, name, origin }) => {
      const { status, headers } = await send(`/v2/${name}/blobs/uploads/`, { method: 'POST' })
      const location = headers.get('location') ?? ''
      const isAbsolute = location.startsWith(`${origin}/v2/${name}/blobs/uploads/`)
      return [status, headers.get('range'), isAbsolute, headers.has('docker-upload-uuid')]
    })
    expect(begun).toEqual({ ecr: [202, '0-0', true, false], spec: [202, '0-0', false, true] })
  })

  it('answer 201 to a chunk, and their Range stays at the first, whatever the others are', async () => {
    const chunks = await onBoth(async (side) => {
      const location = await side.beginUpload(side.name)
      const told: unknown[] = []
      for (const chunk of ['four', 'fivefive', '2!', 'seven77']) {
        const { status, headers } = await patch(side, location, chunk)
        told.push(status, headers.get('range'))
      }
      return told
    })
    expect(chunks.ecr).toEqual([201, '0-3', 201, '0-3', 201, '0-3', 201, '0-3'])
    expect(chunks.spec).toEqual([202, '0-3', 202, '0-11', 202, '0-13', 202, '0-20'])
  })

  it('refuse a chunk that is out of order, as the specification does', async () => {
    const told = await onBoth(async (side) =>
      toldBy(patch(side, await side.beginUpload(side.name), 'x', '1-1')),
    )
    const refusal = ociRefusal(
      416,
      'RANGE_INVALID',
      'The chunk does not begin at byte 0, where the upload is',
    )
    expect(told).toEqual({ ecr: refusal, spec: refusal })
  })

  it('tell their state, and can be cancelled', async () => {
    const told = await onBoth(async (side) => {
      const url = `${await side.beginUpload(side.name)}`
      await patch(side, new URL(url), 'four')
      const state = await side.send(url)
      return [state.status, state.headers.get('range'), (await side.send(url, { method: 'DELETE' })).status]
    })
    expect(told).toEqual({ ecr: [204, '0-3', 204], spec: [204, '0-3', 204] })
  })

  it('have no parts below 5 MiB but the last', async () => {
    const told = await onBoth(async (side) => {
      const location = await side.beginUpload(side.name)
      for (const body of ['four', 'five5']) await patch(side, location, body)
      const response = await end(side, location, sha256('fourfive5'))
      return response.status === 201 ? 201 : toldBy(response)
    })
    const message = 'All layer parts except the last part should be at least 5MB'
    expect(told).toEqual({ ecr: ociRefusal(400, 'BLOB_UPLOAD_INVALID', message), spec: 201 })
  })

  it.each<[string, Uint8Array[], Uint8Array]>([
    ['one short chunk', [Buffer.from('four')], Buffer.alloc(0)],
    ['5 MiB and a short chunk', [randomBytes(5 * MEBIBYTE), Buffer.from('four')], Buffer.alloc(0)],
    ['5 MiB and the rest in the PUT', [randomBytes(5 * MEBIBYTE)], Buffer.from('four')],
    ['all in the PUT', [], Buffer.from('four')],
  ])('take %s', async (_what, chunks, last) => {
    const digest = sha256(Buffer.concat([...chunks, last]))
    const told = await onBoth(async (side) => {
      const location = await side.beginUpload(side.name)
      for (const chunk of chunks) await patch(side, location, chunk)
      const { status, headers } = await end(side, location, digest, last)
      return [status, headers.get('docker-content-digest')]
    })
    expect(told).toEqual({ ecr: [201, digest], spec: [201, digest] })
  })

  it('have some bytes', async () => {
    let message = ''
    const told = await onBoth(async (side) => {
      const location = await side.beginUpload(side.name)
      const id = location.pathname.split('/').at(-1)
      message ||= `The upload with id '${id}' in the repository with name '${side.name}' in registry with id '${DEFAULT_ACCOUNT}' cannot be completed because it does not have any parts`
      const response = await end(side, location, sha256(''))
      return response.status === 201 ? 201 : toldBy(response)
    })
    expect(told).toEqual({ ecr: ociRefusal(400, 'BLOB_UPLOAD_INVALID', message), spec: 201 })
  })

  it('call a wrong digest an invalid upload', async () => {
    const told = await onBoth(async (side) =>
      toldBy(end(side, await side.beginUpload(side.name), ABSENT, 'bytes')),
    )
    const message = 'None of the provided layer digests match the calculated layer digest'
    expect(told).toEqual(refusals([400, 'BLOB_UPLOAD_INVALID'], [400, 'DIGEST_INVALID'], message))
  })

  it('begin where a POST brings the blob itself, whose bytes are not kept', async () => {
    const told = await onBoth(async (side) => {
      const path = `/v2/${side.name}/blobs/uploads/?digest=${sha256('bytes')}`
      const { status, headers } = await side.send(path, { method: 'POST', body: 'bytes' })
      return [status, headers.get('range')]
    })
    expect(told).toEqual({ ecr: [202, '0-0'], spec: [201, null] })
  })

  it('begin where a mount is asked for that the account has not turned on', async () => {
    const told = await onBoth(async ({ send, pushImage, name, server }) => {
      const { layers } = await pushImage(name)
      const into = await aRepository(server.client())
      const path = `/v2/${into}/blobs/uploads/?mount=${layers[0]?.digest}&from=${name}`
      return (await send(path, { method: 'POST' })).status
    })
    expect(told).toEqual({ ecr: 202, spec: 201 })
  })
})

describe('SHA-512', () => {
  const digest = sha512('bytes')
  const text = indexText([])

  it.each<[string, (side: Side) => Promise<Response>, member: string, refused: string]>([
    [
      'a blob',
      async (side) => end(side, await side.beginUpload(side.name), digest, 'bytes'),
      'layerDigest',
      digest,
    ],
    [
      'a manifest',
      ({ putManifest, name }) => putManifest(name, sha512(text), text, OCI_INDEX),
      'imageDigest',
      sha512(text),
    ],
  ])('is no digest of %s', async (_what, push, member, refused) => {
    const told = await onBoth(async (side) => {
      const response = await push(side)
      return response.status === 201 ? 201 : toldBy(response)
    })
    const message = parameter(
      member,
      `'${refused}' is not a digest of the form sha256:<64 hexadecimal digits>`,
    )
    expect(told).toEqual({ ecr: ociRefusal(400, 'DIGEST_INVALID', message), spec: 201 })
  })

  it('is not looked at where it is announced, nor is any other', async () => {
    const told = await onBoth(async ({ send, name }) => {
      const begin = (algorithm: string) =>
        send(`/v2/${name}/blobs/uploads/?digest-algorithm=${algorithm}`, { method: 'POST' })
      return [(await begin('sha512')).status, (await begin('md5')).status]
    })
    expect(told).toEqual({ ecr: [202, 202], spec: [202, 400] })
  })

  it('names nothing that is here', async () => {
    const told = await onBoth(async ({ send, name }) => {
      const statusOf = async (path: string) => (await send(`/v2/${name}/${path}`)).status
      return [await statusOf(`blobs/${digest}`), await statusOf(`manifests/${digest}`)]
    })
    expect(told).toEqual({ ecr: [404, 404], spec: [404, 404] })
  })
})

describe('blobs', () => {
  it('are at a signed URL that needs no login', async () => {
    const pulled = await onBoth(async ({ send, pushBlob, name, origin }) => {
      const { digest } = await pushBlob(name, Buffer.from('0123456789'))
      const response = await send(`/v2/${name}/blobs/${digest}`)
      const location = response.headers.get('location')
      if (location === null) return [response.status, await response.text()]

      const { host, pathname, searchParams } = new URL(location)
      expect(`http://${host}`).toBe(origin)
      expect(pathname).toBe(`/layers/${DEFAULT_ACCOUNT}/eu-west-1/${name}/${digest}`)
      expect(searchParams.get('X-Amz-Expires')).toBe('3600')
      const part = await fetch(location, { headers: { range: 'bytes=0-3' } })
      const altered = await fetch(location.replace(digest, ABSENT))
      return [response.status, await (await fetch(location)).text(), await part.text(), altered.status]
    })
    expect(pulled).toEqual({ ecr: [307, '0123456789', '0123', 403], spec: [200, '0123456789'] })
  })

  it('are answered to HEAD where they are', async () => {
    const told = await onBoth(async ({ send, pushBlob, name }) => {
      const { digest } = await pushBlob(name, Buffer.from('0123456789'))
      const { status, headers } = await send(`/v2/${name}/blobs/${digest}`, { method: 'HEAD' })
      return [status, headers.get('content-length'), headers.get('docker-content-digest') === digest]
    })
    expect(told).toEqual({ ecr: [200, '10', true], spec: [200, '10', true] })
  })

  it('are not deleted', async () => {
    const told = await onBoth(async ({ send, pushBlob, name }) => {
      const { digest } = await pushBlob(name)
      const response = await send(`/v2/${name}/blobs/${digest}`, { method: 'DELETE' })
      return [response.status, response.headers.get('allow')]
    })
    expect(told).toEqual({ ecr: [405, 'GET, HEAD'], spec: [202, null] })
  })
})

describe('manifests', () => {
  it.each([
    ['with parameters', `${OCI_INDEX}; charset=utf-8`],
    ['that ECR does not know', 'application/vnd.oci.artifact.manifest.v1+json'],
  ])('are refused under a type %s', async (_what, mediaType) => {
    const told = await onBoth(async ({ putManifest, name }) => {
      const text = indexText([], { mediaType: mediaType.split(';')[0] })
      const response = await putManifest(name, 'v1', text, mediaType)
      return response.status === 201 ? 201 : toldBy(response)
    })
    expect(told).toEqual({ ecr: ociRefusal(405, 'UNSUPPORTED', MANIFEST_SYNTAX), spec: 201 })
  })

  it('have no digest on a GET, and an empty Sizes beside it on a HEAD', async () => {
    const told = await onBoth(async ({ send, pushImage, name }) => {
      const { digest } = await pushImage(name, 'v1')
      const answers = []
      for (const method of ['GET', 'HEAD']) {
        const { headers } = await send(`/v2/${name}/manifests/v1`, { method })
        answers.push(
          headers.get('docker-content-digest') === digest,
          headers.get('sizes'),
          headers.has('etag'),
        )
      }
      return answers
    })
    expect(told).toEqual({
      ecr: [false, null, false, true, '', false],
      spec: [true, null, true, true, null, true],
    })
  })

  it('are translated for who does not accept their type, by tag only', async () => {
    const types = await onBoth(async ({ send, pushImage, name }) => {
      const oci = await pushImage(name, 'oci')
      await pushImage(name, 'docker', { mediaType: DOCKER_MANIFEST, configType: DOCKER_CONFIG })
      const typeOf = (reference: string, accept: string) =>
        header(send(`/v2/${name}/manifests/${reference}`, { headers: { accept } }), 'content-type')
      return [
        await typeOf('oci', DOCKER_MANIFEST),
        await typeOf('oci', `${DOCKER_MANIFEST};q=0.5, ${OCI_MANIFEST}`),
        await typeOf('oci', 'text/html'),
        await typeOf(oci.digest, DOCKER_MANIFEST),
      ]
    })
    expect(types.ecr).toEqual([DOCKER_MANIFEST, OCI_MANIFEST, OCI_MANIFEST, OCI_MANIFEST])
    expect(types.spec).toEqual([OCI_MANIFEST, OCI_MANIFEST, OCI_MANIFEST, OCI_MANIFEST])
  })

  it('keep what is in them when they are translated', async () => {
    const { pushImage, putManifest, send } = registryClient(servers.ecr)
    const name = await aRepository(servers.ecr.client())
    const { config, layers } = await pushImage(name)
    const text = JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers })
    await putManifest(name, 'v1', text)
    const headers = { accept: DOCKER_MANIFEST }
    const translated = await jsonOf(send(`/v2/${name}/manifests/v1`, { headers }))
    expect(layers[0]?.mediaType).toBe(OCI_LAYER)
    expect(translated).toEqual({
      schemaVersion: 2,
      mediaType: DOCKER_MANIFEST,
      config: { ...config, mediaType: DOCKER_CONFIG },
      layers: [{ ...layers[0], mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip' }],
    })
  })

  it('are put under no tags beside their digest', async () => {
    const told = await onBoth(async ({ putManifest, send, name }) => {
      const text = indexText([])
      const response = await putManifest(name, `${sha256(text)}?tag=v1`, text, OCI_INDEX)
      const { tags } = await jsonOf(send(`/v2/${name}/tags/list`))
      return [response.status, response.headers.get('oci-tag'), tags]
    })
    expect(told).toEqual({ ecr: [201, null, []], spec: [201, 'v1', ['v1']] })
  })

  it('keep their last tag while an index names them', async () => {
    const told = await onBoth(async ({ pushImage, pushIndex, send, name }) => {
      const { digest } = await pushIndex(name, [await pushImage(name, 'image')], 'index')
      const response = await send(`/v2/${name}/manifests/image`, { method: 'DELETE' })
      if (response.status === 202) return 202
      const { message, ...refusal } = await toldBy(response)
      return { ...refusal, message: message.replace(digest, 'the index') }
    })
    const message = 'Requested image referenced by manifest list: [the index]'
    expect(told).toEqual({ ecr: ociRefusal(405, 'UNSUPPORTED', message), spec: 202 })
  })

  it('tell their subject, and have their digest checked, as the specification says', async () => {
    const told = await onBoth(async ({ putManifest, name }) => {
      const text = indexText([], { subject: { mediaType: OCI_MANIFEST, digest: ABSENT, size: 1 } })
      const pushed = await putManifest(name, sha256(text), text, OCI_INDEX)
      const refused = await putManifest(name, ABSENT, text, OCI_INDEX)
      return [pushed.status, pushed.headers.get('oci-subject'), refused.status]
    })
    expect(told).toEqual({ ecr: [201, ABSENT, 400], spec: [201, ABSENT, 400] })
  })
})

describe('lists', () => {
  /** Puts an index under tags of three digits, from 000 on. */
  async function tag({ putManifest, name }: Side, count: number): Promise<void> {
    for (let tag = 0; tag < count; tag += 1)
      await putManifest(name, String(tag).padStart(3, '0'), indexText([]), OCI_INDEX)
  }

  it('are plain text by name', async () => {
    const types = await onBoth(async ({ send, name }) => [
      await header(send(`/v2/${name}/tags/list`), 'content-type'),
      await header(send('/v2/_catalog'), 'content-type'),
    ])
    expect(types.ecr).toEqual(['text/plain; charset=utf-8', 'text/plain; charset=utf-8'])
    expect(types.spec).toEqual(['application/json', 'application/json'])
  })

  it('have a hundred items, and an absolute link with an opaque position to more', async () => {
    const listed = await onBoth(async (side) => {
      await tag(side, 101)
      const response = await side.send(`/v2/${side.name}/tags/list`)
      const { tags } = await jsonOf(response)
      const link = response.headers.get('link')
      if (link === null) return tags.length
      const [, next = ''] = /^<(.+)>; rel="next"$/.exec(link) ?? []
      const { origin, pathname, searchParams } = new URL(next)
      expect([origin, pathname]).toEqual([side.origin, `/v2/${side.name}/tags/list`])
      expect([searchParams.get('n'), searchParams.get('last')?.includes('099')]).toEqual(['100', false])
      return [tags.length, (await jsonOf(side.send(next))).tags]
    })
    expect(listed).toEqual({ ecr: [100, ['100']], spec: 101 })
  })

  it('take no position but their own', async () => {
    const told = await onBoth(async (side) => {
      await tag(side, 2)
      const response = await side.send(`/v2/${side.name}/tags/list?last=000`)
      return response.status === 200 ? (await jsonOf(response)).tags : toldBy(response)
    })
    expect(told).toEqual({ ecr: ociParameter('nextToken', 'Invalid nextToken'), spec: ['001'] })
  })

  it.each([
    ['1001', 'Member must have value less than or equal to 1000'],
    ['0', 'Member must have value greater than or equal to 1'],
  ])('have no page of %s', async (n, constraint) => {
    const told = await onBoth(async ({ send, name }) => {
      const response = await send(`/v2/${name}/tags/list?n=${n}`)
      return response.status === 200 ? 200 : toldBy(response)
    })
    expect(told).toEqual({ ecr: ociParameter('maxResults', constraint), spec: 200 })
  })

  it('of referrers have fifty, and an absolute link to more', async () => {
    const listed = await onBoth(async ({ send, putManifest, name, origin }) => {
      const subject = { mediaType: OCI_MANIFEST, digest: ABSENT, size: 1 }
      for (let number = 0; number < 51; number += 1) {
        const text = indexText([], { subject, annotations: { number: String(number) } })
        await putManifest(name, sha256(text), text, OCI_INDEX)
      }
      const response = await send(`/v2/${name}/referrers/${ABSENT}`)
      const [, next] = /^<(.+)>; rel="next"$/.exec(response.headers.get('link') ?? '') ?? []
      const pages = [(await jsonOf(response)).manifests.length]
      if (next) pages.push((await jsonOf(send(next))).manifests.length)
      return [response.headers.get('content-type'), next?.startsWith(`${origin}/v2/`), ...pages]
    })
    expect(listed).toEqual({ ecr: [OCI_INDEX, true, 50, 1], spec: [OCI_INDEX, undefined, 51] })
  })
})
