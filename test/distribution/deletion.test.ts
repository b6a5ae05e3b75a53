import { describe, expect, it } from 'vitest'
import { aRepository } from '../support/content.ts'
import { dataDirectory } from '../support/data-directory.ts'
import { emulator } from '../support/emulator.ts'
import {
  blobUnknown,
  digestInvalid,
  MANIFEST_UNKNOWN,
  nameUnknown,
  ociRefusal,
  toldBy,
} from '../support/oci-errors.ts'
import { DEFAULT_ACCOUNT } from '../support/refusals.ts'
import { jsonOf, registryClient } from '../support/registry.ts'

const ABSENT = `sha256:${'0'.repeat(64)}`
const SHA384 = `sha384:${'0'.repeat(96)}`

const directory = dataDirectory()
const ecr = emulator({ dataDir: directory.path })
const client = registryClient(ecr)

const remove = (path: string) => client.send(`/v2/${path}`, { method: 'DELETE' })
const statusOf = async (path: string) => (await client.send(`/v2/${path}`, { method: 'HEAD' })).status

describe('DELETE of a manifest', () => {
  it('refuses what is no digest', async () => {
    const name = await aRepository(ecr.client())
    expect(await toldBy(remove(`${name}/manifests/sha256:abc`))).toEqual(
      digestInvalid('sha256:abc', 'imageDigest'),
    )
  })

  it('knows no repository that is missing', async () => {
    expect(await toldBy(remove('no/such/manifests/latest'))).toEqual(nameUnknown('no/such'))
  })

  it.each(['latest', ABSENT, SHA384, 'no%20tag'])('does not know %s', async (reference) => {
    const name = await aRepository(ecr.client())
    expect(await toldBy(remove(`${name}/manifests/${reference}`))).toEqual(MANIFEST_UNKNOWN)
  })

  it('keeps an image that an index names', async () => {
    const name = await aRepository(ecr.client())
    const image = await client.pushImage(name, 'image')
    const index = await client.pushIndex(name, [image], 'index')
    const path = `${name}/manifests/${image.digest}`
    const message = `Requested image referenced by manifest list: [${index.digest}]`
    expect(await toldBy(remove(path))).toEqual(ociRefusal(405, 'UNSUPPORTED', message))
    expect(await statusOf(path)).toBe(200)

    expect((await remove(`${name}/manifests/index`)).status).toBe(202)
    expect(await statusOf(path)).toBe(200)
    expect((await remove(path)).status).toBe(202)
    expect(await statusOf(path)).toBe(404)
  })

  it('takes the last tag from an image that an index names', async () => {
    const name = await aRepository(ecr.client())
    const image = await client.pushImage(name, 'image')
    await client.pushIndex(name, [image], 'index')
    expect((await remove(`${name}/manifests/image`)).status).toBe(202)
    expect(await statusOf(`${name}/manifests/image`)).toBe(404)
    expect(await statusOf(`${name}/manifests/${image.digest}`)).toBe(200)
  })

  it('takes one tag of several, and the image with its last', async () => {
    const name = await aRepository(ecr.client())
    const { digest, text } = await client.pushImage(name, 'one')
    await client.putManifest(name, 'two', text)

    const response = await remove(`${name}/manifests/one`)
    expect([response.status, await response.text()]).toEqual([202, ''])
    expect(await toldBy(client.send(`/v2/${name}/manifests/one`))).toEqual(MANIFEST_UNKNOWN)
    expect(await statusOf(`${name}/manifests/two`)).toBe(200)
    expect(await statusOf(`${name}/manifests/${digest}`)).toBe(200)

    expect((await remove(`${name}/manifests/two`)).status).toBe(202)
    expect(await statusOf(`${name}/manifests/${digest}`)).toBe(404)
  })

  it('takes an image with all its tags, by digest', async () => {
    const name = await aRepository(ecr.client())
    const { digest, text } = await client.pushImage(name, 'one')
    await client.putManifest(name, 'two', text)
    expect((await remove(`${name}/manifests/${digest}`)).status).toBe(202)
    expect(await jsonOf(client.send(`/v2/${name}/tags/list`))).toEqual({ name, tags: [] })
    expect(await toldBy(remove(`${name}/manifests/${digest}`))).toEqual(MANIFEST_UNKNOWN)
  })

  it('leaves the same image in other repositories', async () => {
    const [one, two] = [await aRepository(ecr.client()), await aRepository(ecr.client())]
    const { digest, text, config, layers } = await client.pushImage(one, 'v1')
    for (const blob of [config, ...layers])
      await client.send(`/v2/${two}/blobs/uploads/?mount=${blob.digest}&from=${one}`, { method: 'POST' })
    await client.putManifest(two, 'v1', text)
    await remove(`${one}/manifests/${digest}`)
    expect(await (await client.send(`/v2/${two}/manifests/v1`)).text()).toBe(text)
  })

  it('deletes an immutable tag too', async () => {
    const name = await aRepository(ecr.client(), { imageTagMutability: 'IMMUTABLE' })
    await client.pushImage(name, 'v1')
    expect((await remove(`${name}/manifests/v1`)).status).toBe(202)
    await client.pushImage(name, 'v1')
    expect(await statusOf(`${name}/manifests/v1`)).toBe(200)
  })

  it('of one image by many at once is done once', async () => {
    const name = await aRepository(ecr.client())
    await client.pushImage(name, 'v1')
    const answers = await Promise.all(Array.from({ length: 6 }, () => remove(`${name}/manifests/v1`)))
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 404, 404, 404, 404, 404])
  })
})

describe('DELETE of a blob', () => {
  it('refuses what is no digest', async () => {
    const name = await aRepository(ecr.client())
    expect(await toldBy(remove(`${name}/blobs/latest`))).toEqual(digestInvalid('latest'))
  })

  it('knows no repository that is missing, and no blob that is not there', async () => {
    const name = await aRepository(ecr.client())
    expect(await toldBy(remove(`no/such/blobs/${ABSENT}`))).toEqual(nameUnknown('no/such'))
    for (const digest of [ABSENT, SHA384])
      expect(await toldBy(remove(`${name}/blobs/${digest}`))).toEqual(blobUnknown(name, digest))
  })

  it('keeps a blob that an image names, until the image goes', async () => {
    const name = await aRepository(ecr.client())
    const { digest, layers, config } = await client.pushImage(name)
    for (const blob of [...layers, config]) {
      const message = `The layer with digest '${blob.digest}' cannot be deleted from the repository with name '${name}' in the registry with id '${DEFAULT_ACCOUNT}' because an image refers to it`
      expect(await toldBy(remove(`${name}/blobs/${blob.digest}`))).toEqual(
        ociRefusal(405, 'UNSUPPORTED', message),
      )
    }
    await remove(`${name}/manifests/${digest}`)
    for (const blob of [...layers, config])
      expect((await remove(`${name}/blobs/${blob.digest}`)).status).toBe(202)
  })

  it("takes it from the repository, and its bytes with the last repository's", async () => {
    const [one, two] = [await aRepository(ecr.client()), await aRepository(ecr.client())]
    const { digest } = await client.pushBlob(one, Buffer.from(one))
    await client.pushBlob(two, Buffer.from(one))

    expect((await remove(`${one}/blobs/${digest}`)).status).toBe(202)
    expect(await toldBy(client.send(`/v2/${one}/blobs/${digest}`))).toEqual(blobUnknown(one, digest))
    expect(`${await client.getBlob(two, digest)}`).toBe(one)
    expect(directory.blobs()).toContain(digest)

    expect((await remove(`${two}/blobs/${digest}`)).status).toBe(202)
    expect(directory.blobs()).not.toContain(digest)
  })

  it('lets it be pushed again', async () => {
    const name = await aRepository(ecr.client())
    const { digest } = await client.pushBlob(name, Buffer.from('again'))
    await remove(`${name}/blobs/${digest}`)
    await client.pushBlob(name, Buffer.from('again'))
    expect(`${await client.getBlob(name, digest)}`).toBe('again')
  })
})
