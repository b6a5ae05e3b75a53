import { randomBytes } from 'node:crypto'
import {
  BatchDeleteImageCommand,
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeImagesCommand,
  type ECRClient,
  type ImageDetail,
  PutImageCommand,
} from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  aLayer,
  aName,
  anImage,
  aRepository,
  type Descriptor,
  manifestText,
  type StoredManifest,
  sha256,
} from '../support/content.ts'
import { collect, dataDirectory } from '../support/data-directory.ts'
import { emulator } from '../support/emulator.ts'
import { type RegistryClient, registryClient } from '../support/registry.ts'

const MEBIBYTE = 1024 * 1024

describe('at the same time', () => {
  const directory = dataDirectory()
  const ecr = emulator({ dataDir: directory.path })
  let client: ECRClient
  let registry: RegistryClient
  beforeAll(() => {
    client = ecr.client()
    registry = registryClient(ecr)
  })

  /** Does `work` so many times at once and counts how it ended: `ok`, or what it was refused with. */
  async function outcomes(count: number, work: (index: number) => Promise<unknown>): Promise<object> {
    const ends = Array.from({ length: count }, (_, index) =>
      work(index).then(
        () => 'ok',
        (error: Error) => (error.name === 'Error' ? error.message : error.name),
      ),
    )
    const counts: Record<string, number> = {}
    for (const end of await Promise.all(ends)) counts[end] = (counts[end] ?? 0) + 1
    return counts
  }

  async function describeAll(repositoryName: string): Promise<ImageDetail[]> {
    const { imageDetails = [] } = await client.send(
      new DescribeImagesCommand({ repositoryName, maxResults: 1000 }),
    )
    return imageDetails
  }

  /** Manifests over one config and no layer, each another one. */
  function manifestsOver(config: Descriptor, count: number): string[] {
    return Array.from({ length: count }, (_, index) =>
      manifestText(config, [], { annotations: { index: String(index) } }),
    )
  }

  /** Puts a manifest through one door or the other. */
  async function put(repositoryName: string, imageTag: string, text: string, index: number): Promise<void> {
    if (index % 2 === 0) {
      await client.send(new PutImageCommand({ repositoryName, imageTag, imageManifest: text }))
      return
    }
    const answer = await registry.putManifest(repositoryName, imageTag, text)
    if (answer.status !== 201) throw new Error(`${answer.status} ${(await errorOf(answer)).code}`)
  }

  async function errorOf(answer: Response): Promise<{ code: string }> {
    const { errors } = (await answer.json()) as { errors: [{ code: string }] }
    return errors[0]
  }

  it('gives one of 50 the name of a repository', async () => {
    const repositoryName = aName()
    const ends = await outcomes(50, () => client.send(new CreateRepositoryCommand({ repositoryName })))
    expect(ends).toEqual({ ok: 1, RepositoryAlreadyExistsException: 49 })
  })

  it('leaves a tag with the last of 50 images that were pushed under it', async () => {
    const repositoryName = await aRepository(client)
    const texts = manifestsOver(await aLayer(client, repositoryName), 50)
    const ends = await outcomes(50, (index) => put(repositoryName, 'latest', texts[index] as string, index))
    expect(ends).toEqual({ ok: 50 })

    const images = await describeAll(repositoryName)
    expect(images.map(({ imageDigest }) => imageDigest).sort()).toEqual(texts.map(sha256).sort())
    const [winner, ...others] = images.filter(({ imageTags }) => imageTags)
    expect(winner?.imageTags).toEqual(['latest'])
    expect(others).toEqual([])
    const answer = await registry.send(`/v2/${repositoryName}/manifests/latest`)
    expect(sha256(await answer.text())).toBe(winner?.imageDigest)
  })

  it('gives one of 50 images an immutable tag', async () => {
    const repositoryName = await aRepository(client, { imageTagMutability: 'IMMUTABLE' })
    const texts = manifestsOver(await aLayer(client, repositoryName), 50)
    const ends = await outcomes(50, (index) => put(repositoryName, 'v1', texts[index] as string, index))
    expect(Object.values(ends).reduce((sum, count) => sum + count)).toBe(50)
    expect(ends).toMatchObject({ ok: 1 })
    expect(Object.keys(ends).sort()).toEqual(['400 TAG_INVALID', 'ImageTagAlreadyExistsException', 'ok'])
    expect(await describeAll(repositoryName)).toMatchObject([{ imageTags: ['v1'] }])
  })

  it('stores a layer once that 20 clients upload at both doors', async () => {
    const repositoryName = await aRepository(client)
    const bytes = randomBytes(MEBIBYTE)
    const pushed = await outcomes(20, (index) =>
      index % 2 === 0
        ? aLayer(client, repositoryName, bytes)
        : registry.pushBlob(repositoryName, bytes).then(() => undefined),
    )
    // The registry door takes what is there; the API refuses it, but for the one that was first.
    expect([10, 11]).toContain((pushed as { ok: number }).ok)
    expect(Object.keys(pushed).sort()).toEqual(['LayerAlreadyExistsException', 'ok'])
    expect(directory.blobs().filter((digest) => digest === sha256(bytes))).toHaveLength(1)
    expect(directory.uploads()).toEqual([])
    expect(bytes.equals(await registry.getBlob(repositoryName, sha256(bytes)))).toBe(true)
  })

  it('tags an image, or pushes it anew, that others delete', async () => {
    const repositoryName = await aRepository(client)
    const image = await anImage(client, repositoryName)
    const remove = () =>
      client.send(new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageDigest: image.digest }] }))
    const ends = await outcomes(40, (index) =>
      index % 4 === 0 ? remove() : put(repositoryName, `v${index}`, image.text, index),
    )
    expect(ends).toEqual({ ok: 40 })

    const images = await describeAll(repositoryName)
    const listed = await registry.send(`/v2/${repositoryName}/tags/list`)
    const { tags } = (await listed.json()) as { tags: string[] }
    expect(tags).toEqual(images.flatMap(({ imageTags = [] }) => imageTags))
    const { imageIds = [] } = await remove()
    expect(imageIds.map(({ imageTag }) => imageTag)).toEqual(tags)
    expect(await describeAll(repositoryName)).toEqual([])
  })

  describe('DeleteRepository', () => {
    it('refuses pushes under way cleanly and leaves nothing of them', async () => {
      await ecr.server.reset()
      const repositoryName = await aRepository(client)
      const images: StoredManifest[] = []
      const pushUntilRefused = async (index: number): Promise<void> => {
        for (;;)
          images.push(
            await (index % 2 ? registry.pushImage(repositoryName) : anImage(client, repositoryName)),
          )
      }
      const pushes = outcomes(10, pushUntilRefused)
      while (images.length < 20) await describeAll(repositoryName)
      await client.send(new DeleteRepositoryCommand({ repositoryName, force: true }))

      for (const refusal of Object.keys(await pushes))
        expect(refusal).toMatch(/^RepositoryNotFoundException$|^(POST|PUT) .*: 404 .*"NAME_UNKNOWN"/)
      await collect(ecr.server.url)
      expect([...directory.blobs(), ...directory.uploads()]).toEqual([])
    })

    it('never harms bytes that another repository owns', async () => {
      const [owner, bytes] = [await aRepository(client), randomBytes(100)]
      const { digest } = await registry.pushBlob(owner, bytes)
      for (let round = 0; round < 30; round += 1) {
        const doomed = await aRepository(client)
        const begun = await registry.send(`/v2/${doomed}/blobs/uploads/`, { method: 'POST' })
        const location = begun.headers.get('location') as string
        await registry.send(location, { method: 'PATCH', body: bytes })
        const [completed] = await Promise.all([
          registry.send(`${location}?digest=${digest}`, { method: 'PUT' }),
          client.send(new DeleteRepositoryCommand({ repositoryName: doomed, force: true })),
        ])
        expect([201, 404]).toContain(completed.status)
        expect(bytes.equals(await registry.getBlob(owner, digest))).toBe(true)
      }
    })

    it('lets a pull end whole', async () => {
      const repositoryName = await aRepository(client)
      const bytes = randomBytes(16 * MEBIBYTE)
      const { digest } = await registry.pushBlob(repositoryName, bytes)
      const pull = await registry.send(`/v2/${repositoryName}/blobs/${digest}`)
      const pulled: Uint8Array[] = []
      for await (const chunk of pull.body as AsyncIterable<Uint8Array>) {
        if (pulled.length === 0) {
          await client.send(new DeleteRepositoryCommand({ repositoryName, force: true }))
          await collect(ecr.server.url)
          expect(directory.blobs()).not.toContain(digest)
        }
        pulled.push(chunk)
      }
      expect(bytes.equals(Buffer.concat(pulled))).toBe(true)
    })
  })
})
