import { randomBytes } from 'node:crypto'
import {
  BatchCheckLayerAvailabilityCommand,
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  DescribeImagesCommand,
  GetDownloadUrlForLayerCommand,
  ListImageReferrersCommand,
  ListImagesCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { OCI_INDEX } from '../../src/rules/media-types.ts'
import { aRepository, indexText, manifestText, OCI_LAYER, sha256, sha512 } from '../support/content.ts'
import { collect, dataDirectory } from '../support/data-directory.ts'
import { emulator } from '../support/emulator.ts'
import { blobUnknown, MANIFEST_UNKNOWN, ociRefusal, toldBy } from '../support/oci-errors.ts'
import { type Body, jsonOf, registryClient } from '../support/registry.ts'
import { pushSha512Blob, pushSha512Image } from '../support/sha512.ts'

/*
 * Content under SHA-512, the other algorithm that image-spec registers. To the registry the same bytes under
 * another digest are other content.
 */

const ABSENT = `sha512:${'0'.repeat(128)}`
const MISMATCH = 'None of the provided layer digests match the calculated layer digest'

const directory = dataDirectory()
const ecr = emulator({ dataDir: directory.path })
const client = registryClient(ecr)
const { send, putManifest, getBlob, pushBlob, beginUpload } = client

const headersOf = (response: Response) =>
  ['location', 'docker-content-digest'].map((header) => response.headers.get(header))

describe('a blob', () => {
  const patch = (url: URL, body: Body, range: string) =>
    send(`${url}`, { method: 'PATCH', body, headers: { 'content-range': range } })
  const end = (url: URL, digest: string, body: Body | null = null) =>
    send(`${url}?digest=${digest}`, { method: 'PUT', body })

  const ways: [string, (name: string) => Promise<Response>][] = [
    [
      'at once',
      (name) =>
        send(`/v2/${name}/blobs/uploads/?digest=${sha512('four5')}`, { method: 'POST', body: 'four5' }),
    ],
    ['by POST and PUT', async (name) => end(await beginUpload(name), sha512('four5'), 'four5')],
    [
      'in chunks',
      async (name) => {
        const url = await beginUpload(name)
        await patch(url, 'four', '0-3')
        await patch(url, '5', '4-4')
        return end(url, sha512('four5'))
      },
    ],
    [
      'in chunks, the last in the PUT',
      async (name) => {
        const url = await beginUpload(name)
        await patch(url, 'four', '0-3')
        return end(url, sha512('four5'), '5')
      },
    ],
    [
      'in chunks that were announced',
      async (name) => {
        const path = `/v2/${name}/blobs/uploads/?digest-algorithm=sha512`
        const begun = await send(path, { method: 'POST' })
        const url = new URL(begun.headers.get('location') ?? '', ecr.server.url)
        expect([begun.status, (await patch(url, 'four', '0-3')).status]).toEqual([202, 202])
        await patch(url, '5', '4-4')
        return end(url, sha512('four5'))
      },
    ],
  ]
  it.each(ways)('is pushed %s', async (_how, push) => {
    const name = await aRepository(ecr.client())
    const digest = sha512('four5')
    const response = await push(name)
    expect([response.status, ...headersOf(response)]).toEqual([201, `/v2/${name}/blobs/${digest}`, digest])
    expect(`${await getBlob(name, digest)}`).toBe('four5')
    const { status, headers } = await send(`/v2/${name}/blobs/${digest}`, { method: 'HEAD' })
    expect([status, headers.get('content-length'), headers.get('docker-content-digest')]).toEqual([
      200,
      '5',
      digest,
    ])
    expect(directory.blobs()).toContain(digest)
    expect(await toldBy(send(`/v2/${name}/blobs/${sha256('four5')}`))).toEqual(
      blobUnknown(name, sha256('four5')),
    )
  })

  it('of SHA-256 may have been announced otherwise', async () => {
    const name = await aRepository(ecr.client())
    const path = `/v2/${name}/blobs/uploads/?digest-algorithm=sha512`
    const { headers } = await send(path, { method: 'POST' })
    const url = new URL(headers.get('location') ?? '', ecr.server.url)
    await patch(url, 'four', '0-3')
    expect((await end(url, sha256('four'))).status).toBe(201)
    expect(`${await getBlob(name, sha256('four'))}`).toBe('four')
  })

  it('is not announced under an algorithm that nobody registered', async () => {
    const name = await aRepository(ecr.client())
    const told = toldBy(send(`/v2/${name}/blobs/uploads/?digest-algorithm=md5`, { method: 'POST' }))
    expect(await told).toEqual(
      ociRefusal(400, 'DIGEST_INVALID', "The digest algorithm 'md5' is none of sha256, sha512"),
    )
    expect(directory.uploads()).toEqual([])
  })

  it('is refused under the digest of other bytes', async () => {
    const name = await aRepository(ecr.client())
    const refusal = ociRefusal(400, 'DIGEST_INVALID', MISMATCH)
    expect(await toldBy(end(await beginUpload(name), ABSENT, 'bytes'))).toEqual(refusal)
  })

  it('of no bytes is one too', async () => {
    const name = await aRepository(ecr.client())
    expect((await end(await beginUpload(name), sha512(''))).status).toBe(201)
    expect(await getBlob(name, sha512(''))).toHaveLength(0)
  })

  it('is told in part', async () => {
    const name = await aRepository(ecr.client())
    const { digest } = await pushSha512Blob(client, name, Buffer.from('0123456789'))
    const response = await send(`/v2/${name}/blobs/${digest}`, { headers: { range: 'bytes=2-4' } })
    expect([response.status, await response.text()]).toEqual([206, '234'])
  })

  it.each(['with', 'without'])('is mounted %s a source', async (how) => {
    const [from, into] = [await aRepository(ecr.client()), await aRepository(ecr.client())]
    const { digest } = await pushSha512Blob(client, from)
    const query = `mount=${digest}${how === 'with' ? `&from=${from}` : ''}`
    const response = await send(`/v2/${into}/blobs/uploads/?${query}`, { method: 'POST' })
    expect([response.status, ...headersOf(response)]).toEqual([201, `/v2/${into}/blobs/${digest}`, digest])
    expect(sha512(await getBlob(into, digest))).toBe(digest)
  })

  it('is deleted, and its bytes with it, but not those under its other digest', async () => {
    const name = await aRepository(ecr.client())
    const bytes = randomBytes(64)
    const { digest } = await pushSha512Blob(client, name, bytes)
    const other = await pushBlob(name, bytes)
    expect((await send(`/v2/${name}/blobs/${digest}`, { method: 'DELETE' })).status).toBe(202)
    expect(await toldBy(send(`/v2/${name}/blobs/${digest}`))).toEqual(blobUnknown(name, digest))
    expect(directory.blobs()).not.toContain(digest)
    expect(await getBlob(name, other.digest)).toEqual(bytes)
  })

  it('that nobody names is collected', async () => {
    const name = await aRepository(ecr.client())
    const { digest } = await pushSha512Blob(client, name)
    const { layers } = await pushSha512Image(client, name)
    await collect(ecr.server.url, { graceSeconds: 0 })
    expect(directory.blobs()).not.toContain(digest)
    expect(directory.blobs()).toContain(layers[0]?.digest)
  })
})

describe('a manifest', () => {
  it('is pushed, pulled and deleted by its digest', async () => {
    const name = await aRepository(ecr.client())
    const { text } = await pushSha512Image(client, name)
    const digest = sha512(text)
    const path = `/v2/${name}/manifests/${digest}`
    expect(headersOf(await putManifest(name, digest, text))).toEqual([path, digest])
    const pulled = await send(path)
    expect([await pulled.text(), pulled.headers.get('docker-content-digest')]).toEqual([text, digest])
    expect(await toldBy(send(`/v2/${name}/manifests/${sha256(text)}`))).toEqual(MANIFEST_UNKNOWN)
    expect((await send(path, { method: 'DELETE' })).status).toBe(202)
    expect(await toldBy(send(path))).toEqual(MANIFEST_UNKNOWN)
  })

  it('pushed by tag is of SHA-256, whatever it names', async () => {
    const name = await aRepository(ecr.client())
    const { text } = await pushSha512Image(client, name)
    const response = await putManifest(name, 'v1', text)
    expect(response.headers.get('docker-content-digest')).toBe(sha256(text))
  })

  it('is refused under the digest of other bytes', async () => {
    const name = await aRepository(ecr.client())
    const text = indexText([])
    const message = `The provided image digest '${ABSENT}' does not match the calculated image digest '${sha512(text)}'`
    expect(await toldBy(putManifest(name, ABSENT, text, OCI_INDEX))).toEqual(
      ociRefusal(400, 'DIGEST_INVALID', message),
    )
  })

  it('wants what it names to be here', async () => {
    const name = await aRepository(ecr.client())
    const layer = { mediaType: OCI_LAYER, digest: ABSENT, size: 1 }
    const { status, code } = await toldBy(putManifest(name, 'v1', manifestText(layer, [])))
    expect([status, code]).toEqual([404, 'MANIFEST_BLOB_UNKNOWN'])
  })

  it('is named by an index, and stays as long', async () => {
    const name = await aRepository(ecr.client())
    const image = await pushSha512Image(client, name)
    const text = indexText([image])
    expect((await putManifest(name, sha512(text), text, OCI_INDEX)).status).toBe(201)
    const remove = (digest: string) => send(`/v2/${name}/manifests/${digest}`, { method: 'DELETE' })
    const message = `Requested image referenced by manifest list: [${sha512(text)}]`
    expect(await toldBy(remove(image.digest))).toEqual(ociRefusal(405, 'UNSUPPORTED', message))
    expect([(await remove(sha512(text))).status, (await remove(image.digest)).status]).toEqual([202, 202])
  })

  it('is referred to, and refers', async () => {
    const name = await aRepository(ecr.client())
    const subject = await pushSha512Image(client, name)
    const referrer = await pushSha512Image(client, name, { subject })
    const { manifests } = await jsonOf(send(`/v2/${name}/referrers/${subject.digest}`))
    expect(manifests).toMatchObject([{ digest: referrer.digest, size: referrer.size }])
    const { referrers } = await ecr.client().send(
      new ListImageReferrersCommand({
        repositoryName: name,
        subjectId: { imageDigest: subject.digest },
      }),
    )
    expect(referrers).toMatchObject([{ digest: referrer.digest }])
  })
})

describe('at the API door, an image', () => {
  it('is listed, described and got', async () => {
    const repositoryName = await aRepository(ecr.client())
    const { digest: imageDigest, text } = await pushSha512Image(client, repositoryName)
    await putManifest(repositoryName, `${imageDigest}?tag=v1`, text)
    const imageIds = [{ imageDigest }]
    const api = ecr.client()
    const { imageIds: listed } = await api.send(new ListImagesCommand({ repositoryName }))
    expect(listed).toEqual([{ imageDigest, imageTag: 'v1' }])
    const { imageDetails } = await api.send(new DescribeImagesCommand({ repositoryName, imageIds }))
    expect(imageDetails).toMatchObject([{ imageDigest, imageTags: ['v1'], imageSizeInBytes: 96 }])
    const { images } = await api.send(new BatchGetImageCommand({ repositoryName, imageIds }))
    expect(images).toMatchObject([{ imageId: { imageDigest }, imageManifest: text }])
  })

  it('is deleted', async () => {
    const repositoryName = await aRepository(ecr.client())
    const imageIds = [{ imageDigest: (await pushSha512Image(client, repositoryName)).digest }]
    const deleted = await ecr.client().send(new BatchDeleteImageCommand({ repositoryName, imageIds }))
    expect([deleted.imageIds, deleted.failures]).toEqual([imageIds, []])
  })

  it('has layers that can be downloaded', async () => {
    const repositoryName = await aRepository(ecr.client())
    const [layer] = (await pushSha512Image(client, repositoryName)).layers
    const layerDigest = String(layer?.digest)
    const api = ecr.client()
    const { layers } = await api.send(
      new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests: [layerDigest] }),
    )
    expect(layers).toEqual([
      { layerDigest, layerAvailability: 'AVAILABLE', layerSize: 64, mediaType: OCI_LAYER },
    ])
    const { downloadUrl } = await api.send(new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest }))
    const response = await fetch(downloadUrl ?? '')
    expect(sha512(Buffer.from(await response.arrayBuffer()))).toBe(layerDigest)
  })

  it('is not made: digests are of SHA-256 there', async () => {
    const repositoryName = await aRepository(ecr.client())
    const { text } = await pushSha512Image(client, repositoryName)
    const put = await ecr.call('PutImage', {
      repositoryName,
      imageManifest: text,
      imageDigest: sha512(text),
    })
    expect(put.body.__type).toBe('ImageDigestDoesNotMatchException')
    const { body } = await ecr.call('InitiateLayerUpload', { repositoryName })
    const part = { partFirstByte: 0, partLastByte: 4, layerPartBlob: Buffer.from('bytes').toString('base64') }
    await ecr.call('UploadLayerPart', { repositoryName, uploadId: body.uploadId, ...part })
    const completed = await ecr.call('CompleteLayerUpload', {
      repositoryName,
      uploadId: body.uploadId,
      layerDigests: [sha512('bytes')],
    })
    expect(completed.body.__type).toBe('InvalidLayerException')
  })
})
