import { DescribeImagesCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import {
  DOCKER_CONFIG,
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  DOCKER_MANIFEST_V1_SIGNED,
  OCI_INDEX,
  OCI_MANIFEST,
} from '../../src/rules/media-types.ts'
import { anImage, aRepository, indexText, manifestText, sha256 } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import {
  digestInvalid,
  MANIFEST_UNKNOWN,
  nameUnknown,
  ociParameter,
  ociRefusal,
  toldBy,
} from '../support/oci-errors.ts'
import { DEFAULT_ACCOUNT } from '../support/refusals.ts'
import { jsonOf, registryClient } from '../support/registry.ts'

const MAX_BYTES = 4 * 1024 * 1024
const ABSENT = `sha256:${'0'.repeat(64)}`
const SHA384 = `sha384:${'0'.repeat(96)}`
const MEBIBYTE = 1024 * 1024

const ecr = emulator()
const client = registryClient(ecr)

/** A repository with a config and a layer, and the text of a manifest of both. */
async function aManifest(options: Parameters<typeof manifestText>[2] = {}) {
  const name = await aRepository(ecr.client())
  const config = await client.pushBlob(name, Buffer.from('{}'), options.configType ?? DOCKER_CONFIG)
  const layer = await client.pushBlob(name)
  const text = manifestText(config, [layer], options)
  return { name, config, layer, text, digest: sha256(text) }
}

/** `text`, made as long as `length` by an annotation. */
function padded(text: string, length: number): string {
  const empty = JSON.stringify({ ...JSON.parse(text), annotations: { padding: '' } })
  return empty.replace('"padding":""', `"padding":"${'x'.repeat(length - empty.length)}"`)
}

const get = (name: string, reference: string, method = 'GET') =>
  client.send(`/v2/${name}/manifests/${reference}`, { method })

const manifestInvalid = (reason: string) => ociParameter('ImageManifest', reason, 400, 'MANIFEST_INVALID')

const missing = (kind: string, name: string, ...digests: string[]) =>
  ociRefusal(
    404,
    'MANIFEST_BLOB_UNKNOWN',
    `${kind} with digests '[${digests.join(', ')}]' required for pushing image into repository with name '${name}' in the registry with id '${DEFAULT_ACCOUNT}' do not exist`,
  )

describe('PUT of a manifest', () => {
  describe('validation', () => {
    it.each(['.v1', '-v1', 'v1+build', 'v 1', 'a'.repeat(129), 'sha256-%', 'caf\u00e9'])(
      'refuses the tag %s',
      async (tag) => {
        const { name, text } = await aManifest()
        const refusal = ociParameter(
          'imageTag',
          "must satisfy regular expression '[a-zA-Z0-9-_.]+'",
          400,
          'TAG_INVALID',
        )
        expect(await toldBy(client.putManifest(name, encodeURIComponent(tag), text))).toEqual(refusal)
      },
    )

    it.each(['sha256:abc', SHA384])('refuses the digest %s', async (digest) => {
      const { name, text } = await aManifest()
      expect(await toldBy(client.putManifest(name, digest, text))).toEqual(
        digestInvalid(digest, 'imageDigest'),
      )
    })

    it('refuses a digest that is not that of the bytes', async () => {
      const { name, text, digest } = await aManifest()
      const message = `The provided image digest '${ABSENT}' does not match the calculated image digest '${digest}'`
      expect(await toldBy(client.putManifest(name, ABSENT, text))).toEqual(
        ociRefusal(400, 'DIGEST_INVALID', message),
      )
    })

    it.each(['', '{', '[]', 'null', '"text"', '{"a":1}trailing', '\u0000'])(
      'refuses %j, which is no manifest',
      async (text) => {
        const { name } = await aManifest()
        const answer = client.putManifest(name, 'latest', text)
        expect(await toldBy(answer)).toEqual(manifestInvalid('Invalid JSON syntax'))
      },
    )

    it('refuses a type that the manifest contradicts', async () => {
      const { name, text } = await aManifest()
      const constraint = `'${OCI_INDEX}' does not match the mediaType '${OCI_MANIFEST}' of the image manifest`
      expect(await toldBy(client.putManifest(name, 'latest', text, OCI_INDEX))).toEqual(
        ociParameter('imageManifestMediaType', constraint, 400, 'MANIFEST_INVALID'),
      )
    })

    it.each(['json', 'a/b/c', 'a b/c'])('refuses the type "%s"', async (mediaType) => {
      const { name, text } = await aManifest()
      const refusal = manifestInvalid(`Unsupported media type '${mediaType}'`)
      expect(await toldBy(client.putManifest(name, 'latest', text, mediaType))).toEqual(refusal)
    })

    it.each(['with', 'without'])('refuses one byte more than 4 MiB, %s a length', async (how) => {
      const { name, text } = await aManifest()
      const tooLarge = padded(text, MAX_BYTES + 1)
      const body = how === 'with' ? tooLarge : ReadableStream.from([Buffer.from(tooLarge)])
      const headers = { 'content-type': OCI_MANIFEST }
      const path = `/v2/${name}/manifests/latest`
      const constraint = 'Member must have length less than or equal to 4194304'
      expect(await toldBy(client.send(path, { method: 'PUT', headers, body, duplex: 'half' }))).toEqual(
        ociParameter('imageManifest', constraint, 413, 'SIZE_INVALID'),
      )
    })
  })

  describe('refusals', () => {
    it('makes no repository', async () => {
      const { text } = await aManifest()
      const push = () => toldBy(client.putManifest('no/such', 'latest', text))
      expect(await push()).toEqual(nameUnknown('no/such'))
      expect(await push()).toEqual(nameUnknown('no/such'))
    })

    it('names config and layers that are missing, also those of another repository', async () => {
      const { config, layer, text } = await aManifest()
      const name = await aRepository(ecr.client())
      const refusal = missing('Layers', name, config.digest, layer.digest)
      expect(await toldBy(client.putManifest(name, 'latest', text))).toEqual(refusal)
      await client.pushBlob(name, Buffer.from('{}'))
      expect(await toldBy(client.putManifest(name, 'latest', text))).toEqual(
        missing('Layers', name, layer.digest),
      )
    })

    it.each([OCI_INDEX, DOCKER_MANIFEST_LIST])('names children of %s that are missing', async (mediaType) => {
      const name = await aRepository(ecr.client())
      const here = await client.pushImage(name)
      const text = indexText([here, { ...here, digest: ABSENT }], { mediaType })
      expect(await toldBy(client.putManifest(name, 'latest', text, mediaType))).toEqual(
        missing('Images', name, ABSENT),
      )
    })

    it.each(['another', 'the same'])(
      'moves no immutable tag, nor pushes it again: %s image',
      async (which) => {
        const name = await aRepository(ecr.client(), { imageTagMutability: 'IMMUTABLE' })
        const { text } = await client.pushImage(name, 'v1')
        const other = (await client.pushImage(name)).text
        const message = `The image tag 'v1' already exists in the '${name}' repository and cannot be overwritten because the tag is immutable.`
        const answer = client.putManifest(name, 'v1', which === 'another' ? other : text)
        expect(await toldBy(answer)).toEqual(ociRefusal(400, 'TAG_INVALID', message))
        expect(await (await get(name, 'v1')).text()).toBe(text)
      },
    )

    it('stores nothing when it refuses', async () => {
      const { name } = await aManifest()
      await client.putManifest(name, 'latest', indexText([{ mediaType: '', digest: ABSENT, size: 1 }]))
      expect(await toldBy(get(name, 'latest'))).toEqual(MANIFEST_UNKNOWN)
      expect(await jsonOf(client.send(`/v2/${name}/tags/list`))).toEqual({ name, tags: [] })
    })
  })

  describe('effects', () => {
    it.each(['v1', 'a'.repeat(128), '_', '0.1.0_build.7', `sha256-${'a'.repeat(64)}.sig`, 'manifests'])(
      'stores an image as %s',
      async (tag) => {
        const { name, text, digest } = await aManifest()
        const response = await client.putManifest(name, tag, text)
        expect([response.status, await response.text()]).toEqual([201, ''])
        expect(response.headers.get('location')).toBe(`/v2/${name}/manifests/${digest}`)
        expect(response.headers.get('docker-content-digest')).toBe(digest)
        expect(response.headers.has('oci-subject')).toBe(false)
        expect(await (await get(name, tag)).text()).toBe(text)
      },
    )

    it('stores an image without a tag, by its digest as it is or escaped', async () => {
      const { name, text, digest } = await aManifest()
      expect((await client.putManifest(name, digest, text)).status).toBe(201)
      expect((await client.putManifest(name, encodeURIComponent(digest), text)).status).toBe(201)
      expect(await (await get(name, encodeURIComponent(digest))).text()).toBe(text)
      const { imageDetails } = await ecr.client().send(new DescribeImagesCommand({ repositoryName: name }))
      expect(imageDetails).toMatchObject([{ imageDigest: digest }])
      expect(imageDetails?.[0]?.imageTags).toBeUndefined()
    })

    it('stores the same image again, under more tags', async () => {
      const { name, text } = await aManifest()
      for (const tag of ['one', 'one', 'two'])
        expect((await client.putManifest(name, tag, text)).status).toBe(201)
      const { imageDetails } = await ecr.client().send(new DescribeImagesCommand({ repositoryName: name }))
      expect(imageDetails).toMatchObject([{ imageTags: ['one', 'two'] }])
    })

    it('moves a tag, and the image that had it stays', async () => {
      const name = await aRepository(ecr.client())
      const old = await client.pushImage(name, 'latest')
      const { text } = await client.pushImage(name, 'latest')
      expect(await (await get(name, 'latest')).text()).toBe(text)
      expect(await (await get(name, old.digest)).text()).toBe(old.text)
    })

    it('keeps every byte, however the JSON is written', async () => {
      const { name, text } = await aManifest({ annotations: { text: 'caf\u00e9 \u{1f40b}' } })
      const written = `\n${JSON.stringify(JSON.parse(text), null, '\t')}\r\n `
      await client.putManifest(name, sha256(written), written)
      expect(await (await get(name, sha256(written))).text()).toBe(written)
    })

    it('takes 4 MiB', async () => {
      const { name, text } = await aManifest()
      const large = padded(text, MAX_BYTES)
      expect(Buffer.byteLength(large)).toBe(MAX_BYTES)
      expect((await client.putManifest(name, 'latest', large)).status).toBe(201)
      const response = await get(name, 'latest')
      expect(response.headers.get('content-length')).toBe(String(4 * MEBIBYTE))
      expect(sha256(await response.text())).toBe(sha256(large))
    })

    it.each([{}, { 'content-type': '' }])('takes the type from the manifest beside %j', async (headers) => {
      const { name, text } = await aManifest()
      const body = Buffer.from(text)
      await client.send(`/v2/${name}/manifests/latest`, { method: 'PUT', body, headers })
      expect((await get(name, 'latest')).headers.get('content-type')).toBe(OCI_MANIFEST)
    })

    it('asks for a type when neither tells one', async () => {
      const { name } = await aManifest()
      const body = Buffer.from('{}')
      const constraint = 'Must be provided when the image manifest does not contain the mediaType field'
      expect(await toldBy(client.send(`/v2/${name}/manifests/latest`, { method: 'PUT', body }))).toEqual(
        ociParameter('imageManifestMediaType', constraint, 400, 'MANIFEST_INVALID'),
      )
    })

    it('drops the parameters of a type', async () => {
      const { name, text } = await aManifest()
      const type = `${OCI_MANIFEST}; charset=utf-8`
      expect((await client.putManifest(name, 'latest', text, type)).status).toBe(201)
      expect((await get(name, 'latest')).headers.get('content-type')).toBe(OCI_MANIFEST)
    })

    it.each<[string, object]>([
      ['application/vnd.example.unknown.v3+json', { anything: ['at', 'all'] }],
      ['application/vnd.oci.artifact.manifest.v1+json', { artifactType: 'application/vnd.example' }],
      ['application/json', {}],
      [DOCKER_MANIFEST_V1_SIGNED, { schemaVersion: 1, name: 'aa', tag: 'v1', fsLayers: [], history: [] }],
    ])('stores a manifest of type %s', async (mediaType, manifest) => {
      const { name } = await aManifest()
      const text = JSON.stringify(manifest)
      expect((await client.putManifest(name, 'latest', text, mediaType)).status).toBe(201)
      const response = await get(name, 'latest')
      expect([response.headers.get('content-type'), await response.text()]).toEqual([mediaType, text])
    })

    it('stores a Docker image, a list of it, and a list of that', async () => {
      const name = await aRepository(ecr.client())
      const image = await client.pushImage(name, 'image', {
        mediaType: DOCKER_MANIFEST,
        configType: DOCKER_CONFIG,
      })
      const list = indexText([image], { mediaType: DOCKER_MANIFEST_LIST })
      expect((await client.putManifest(name, 'list', list, DOCKER_MANIFEST_LIST)).status).toBe(201)
      const child = { mediaType: DOCKER_MANIFEST_LIST, digest: sha256(list), size: list.length }
      await client.pushIndex(name, [child], 'outer')
      const types = ['image', 'list', 'outer'].map(
        async (tag) => (await get(name, tag)).headers.get('content-type') as string,
      )
      expect(await Promise.all(types)).toEqual([DOCKER_MANIFEST, DOCKER_MANIFEST_LIST, OCI_INDEX])
    })

    it('tells the subject of an attached manifest, also of one that is not there', async () => {
      const subject = { mediaType: OCI_MANIFEST, digest: ABSENT, size: 10 }
      const { name, text, digest } = await aManifest({ subject })
      const response = await client.putManifest(name, digest, text)
      expect([response.status, response.headers.get('oci-subject')]).toEqual([201, ABSENT])
    })

    it('is seen at the AWS door at once', async () => {
      const name = await aRepository(ecr.client())
      const configType = 'application/vnd.cncf.helm.config.v1+json'
      const { digest, config, layers } = await client.pushImage(name, '0.1.0', { configType })
      const { imageDetails } = await ecr.client().send(new DescribeImagesCommand({ repositoryName: name }))
      expect(imageDetails).toMatchObject([
        {
          imageDigest: digest,
          imageTags: ['0.1.0'],
          artifactMediaType: configType,
          imageManifestMediaType: OCI_MANIFEST,
          imageSizeInBytes: config.size + (layers[0]?.size ?? 0),
        },
      ])
    })

    it('of many clients at once stores every image', async () => {
      const name = await aRepository(ecr.client())
      const tags = Array.from({ length: 12 }, (_, index) => `v${index + 10}`)
      await Promise.all(tags.map((tag) => client.pushImage(name, tag)))
      expect(await jsonOf(client.send(`/v2/${name}/tags/list`))).toEqual({ name, tags })
    })
  })
})

describe('GET and HEAD of a manifest', () => {
  it.each(['latest', ABSENT, SHA384, 'sha256:abc', '.odd', 'a'.repeat(400)])(
    'does not know %s',
    async (reference) => {
      const name = await aRepository(ecr.client())
      expect(await toldBy(get(name, reference))).toEqual(MANIFEST_UNKNOWN)
      const head = await get(name, reference, 'HEAD')
      expect([head.status, await head.text()]).toEqual([404, ''])
    },
  )

  it('knows no manifest of a repository that is missing', async () => {
    expect(await toldBy(get('no/such', 'latest'))).toEqual(nameUnknown('no/such'))
    expect((await get('no/such', 'latest', 'HEAD')).status).toBe(404)
  })

  it('does not know the manifest of another repository', async () => {
    const { digest } = await client.pushImage(await aRepository(ecr.client()))
    expect(await toldBy(get(await aRepository(ecr.client()), digest))).toEqual(MANIFEST_UNKNOWN)
  })

  it.each(['GET', 'HEAD'])('%s tells what it is, by tag and by digest', async (method) => {
    const name = await aRepository(ecr.client())
    const { text, digest } = await client.pushImage(name, 'v1')
    for (const reference of ['v1', digest]) {
      const response = await get(name, reference, method)
      expect([response.status, await response.text()]).toEqual([200, method === 'HEAD' ? '' : text])
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': OCI_MANIFEST,
        'content-length': String(text.length),
        'docker-content-digest': digest,
        'docker-distribution-api-version': 'registry/2.0',
        etag: `"${digest}"`,
      })
    }
  })

  it.each(['GET', 'HEAD'])('%s sends it only to who does not have it (RFC 9110, 13.1.2)', async (method) => {
    const name = await aRepository(ecr.client())
    const { digest } = await client.pushImage(name, 'v1')
    const headers = { 'if-none-match': `"${digest}"` }
    const same = await client.send(`/v2/${name}/manifests/v1`, { method, headers })
    expect([same.status, await same.text()]).toEqual([304, ''])
    expect(Object.fromEntries(same.headers)).toMatchObject({
      etag: `"${digest}"`,
      'docker-content-digest': digest,
    })
    await client.pushImage(name, 'v1')
    expect((await client.send(`/v2/${name}/manifests/v1`, { method, headers })).status).toBe(200)
  })

  it('answers an image that came by PutImage', async () => {
    const name = await aRepository(ecr.client())
    const { text } = await anImage(ecr.client(), name, { imageTag: 'v1' })
    expect(await (await get(name, 'v1')).text()).toBe(text)
  })

  it.each([DOCKER_MANIFEST, 'text/html', '*/*'])(
    'converts nothing for a client that accepts %s',
    async (accept) => {
      const name = await aRepository(ecr.client())
      const { text } = await client.pushImage(name, 'v1')
      const response = await client.send(`/v2/${name}/manifests/v1`, { headers: { accept } })
      expect([response.headers.get('content-type'), await response.text()]).toEqual([OCI_MANIFEST, text])
    },
  )

  it('is the whole manifest, whatever range is asked for', async () => {
    const name = await aRepository(ecr.client())
    const { text } = await client.pushImage(name, 'v1')
    const response = await client.send(`/v2/${name}/manifests/v1`, { headers: { range: 'bytes=0-3' } })
    expect([response.status, await response.text()]).toEqual([200, text])
  })

  it.each([
    'team/blobs',
    'team/manifests',
    'team/tags/list',
    'team/blobs/uploads',
    'blobs/uploads',
    'v2/referrers',
  ])('works in a repository called %s, as everything does', async (name) => {
    await aRepository(ecr.client(), { repositoryName: name })
    const { text, digest, layers } = await client.pushImage(name, 'list')
    expect(await (await get(name, 'list')).text()).toBe(text)
    expect((await client.getBlob(name, layers[0]?.digest ?? '')).length).toBe(64)
    expect(await jsonOf(client.send(`/v2/${name}/tags/list`))).toEqual({ name, tags: ['list'] })
    expect((await client.send(`/v2/${name}/referrers/${digest}`)).status).toBe(200)
    expect((await get(name, 'list', 'DELETE')).status).toBe(202)
  })
})
