import { type ECRClient, UpdateImageStorageClassCommand } from '@aws-sdk/client-ecr'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { aRepository, type StoredManifest } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { blobUnknown, ociRefusal, toldBy } from '../support/oci-errors.ts'
import { jsonOf, registryClient } from '../support/registry.ts'

describe('an archived image', () => {
  const ARCHIVED = ociRefusal(404, 'MANIFEST_UNKNOWN', 'Requested image is archived')
  const ecr = emulator()
  const registry = registryClient(ecr)
  let client: ECRClient
  let name: string
  let image: StoredManifest
  beforeAll(() => {
    client = ecr.client()
  })
  beforeEach(async () => {
    name = await aRepository(client)
    image = await registry.pushImage(name, 'v1')
    await move('ARCHIVE')
  })
  const move = (targetStorageClass: 'ARCHIVE' | 'STANDARD') =>
    client.send(
      new UpdateImageStorageClassCommand({
        repositoryName: name,
        imageId: { imageTag: 'v1' },
        targetStorageClass,
      }),
    )
  const statusOf = async (path: string, method = 'HEAD') =>
    (await registry.send(`/v2/${name}/${path}`, { method })).status

  it('is not pulled, by tag or digest, until it is back', async () => {
    for (const prepare of [() => undefined, () => move('STANDARD')]) {
      await prepare()
      for (const reference of ['v1', image.digest]) {
        expect(await toldBy(registry.send(`/v2/${name}/manifests/${reference}`))).toEqual(ARCHIVED)
        expect(await statusOf(`manifests/${reference}`)).toBe(404)
      }
    }
    await ecr.server.clock({ advance: 'PT20M' })
    expect(await statusOf('manifests/v1')).toBe(200)
  })

  it('has no layers to pull', async () => {
    const { digest } = image.config
    expect(await toldBy(registry.send(`/v2/${name}/blobs/${digest}`))).toEqual(blobUnknown(name, digest))
    expect(await statusOf(`blobs/${digest}`)).toBe(404)
  })

  it('has no layers to mount', async () => {
    const other = await aRepository(client)
    const mount = `/v2/${other}/blobs/uploads/?mount=${image.config.digest}&from=${name}`
    expect((await registry.send(mount, { method: 'POST' })).status).toBe(202)
  })

  it('hides its tags, and what refers to it', async () => {
    const tags = () => jsonOf(registry.send(`/v2/${name}/tags/list`))
    expect(await tags()).toEqual({ name, tags: [] })
    const subject = await registry.pushImage(name, 'v2')
    await registry.pushImage(name, undefined, { subject, artifactType: 'text/sbom' })
    const imageId = { imageTag: 'v2' }
    const input = { repositoryName: name, imageId, targetStorageClass: 'ARCHIVE' } as const
    await client.send(new UpdateImageStorageClassCommand(input))
    const referrers = await jsonOf(registry.send(`/v2/${name}/referrers/${subject.digest}`))
    expect(referrers).toMatchObject({ manifests: [] })
  })

  it.each(['v1', 'v3', 'digest'])('is back when it is pushed again: %s', async (as) => {
    const reference = as === 'digest' ? image.digest : as
    expect((await registry.putManifest(name, reference, image.text)).status).toBe(201)
    expect([await statusOf('manifests/v1'), await statusOf(`blobs/${image.config.digest}`)]).toEqual([
      200, 200,
    ])
  })

  it('is deleted like any other', async () => {
    expect(await statusOf(`manifests/${image.digest}`, 'DELETE')).toBe(202)
    expect((await registry.putManifest(name, 'v1', image.text)).status).toBe(201)
  })
})
