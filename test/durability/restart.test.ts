import { randomBytes, randomUUID } from 'node:crypto'
import { appendFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CompleteLayerUploadCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it, vi } from 'vitest'
import { startServer } from '../../src/index.ts'
import { aName, anImage, anUpload, aRepository, sendPart, sha256 } from '../support/content.ts'
import { collect, dataDirectory } from '../support/data-directory.ts'
import { emulator } from '../support/emulator.ts'
import { DAY } from '../support/lifecycle.ts'
import { plainClient } from '../support/plain-client.ts'
import { registryClient } from '../support/registry.ts'

/** What a crash or a loss of power can leave behind, made by hand while the server is down. */
describe('a start', () => {
  const directory = dataDirectory()
  const ecr = emulator({ dataDir: directory.path })

  function leaveBlob(text: string): void {
    const hex = sha256(text).slice('sha256:'.length)
    const room = join(directory.path, 'blobs', 'sha256', hex.slice(0, 2))
    mkdirSync(room, { recursive: true })
    writeFileSync(join(room, hex), text)
  }

  it('finds everything as it was', async () => {
    const repositoryName = await aRepository(ecr.client())
    const { digest, text, layers } = await anImage(ecr.client(), repositoryName, { imageTag: 'v1' })
    const authorization = await registryClient(ecr).authorization()
    await ecr.restart()

    // The key of tokens is kept too: nobody has to log in again.
    const headers = { authorization }
    const manifest = await registryClient(ecr).send(`/v2/${repositoryName}/manifests/v1`, { headers })
    expect(manifest.headers.get('docker-content-digest')).toBe(digest)
    expect(await manifest.text()).toBe(text)
    const [layer] = layers
    const bytes = await registryClient(ecr).getBlob(repositoryName, layer?.digest as string)
    expect(sha256(bytes)).toBe(layer?.digest)
  })

  it('finds the clock where it was, and a reset puts it right for the next one too', async () => {
    await ecr.server.clock({ advance: 'P30D' })
    await ecr.restart()
    const moved = await ecr.server.clock()
    expect(Math.abs(Date.parse(moved.now) - Date.now() - 30 * DAY)).toBeLessThan(60_000)
    expect(moved.frozen).toBe(false)

    const stopped = await ecr.server.clock({ now: '2030-01-01', frozen: true })
    await ecr.restart()
    expect(await ecr.server.clock()).toEqual(stopped)
    await ecr.server.reset()
    await ecr.restart()
    expect(Math.abs(Date.parse((await ecr.server.clock()).now) - Date.now())).toBeLessThan(60_000)
  })

  it('collects what belongs to nobody', async () => {
    await ecr.restart(() => {
      leaveBlob('of nobody')
      writeFileSync(join(directory.path, 'uploads', randomUUID()), 'half of something')
    })
    await vi.waitFor(() => {
      expect(directory.blobs()).not.toContain(sha256('of nobody'))
      expect(directory.uploads()).toEqual([])
    })
  })

  it('leaves the rest to the next one when a stop comes before its collection has ended', async () => {
    const owned = directory.blobs()
    await ecr.restart(() => {
      for (let index = 0; index < 500; index += 1) leaveBlob(`of nobody ${index}`)
    })
    let left = 0
    await ecr.restart(() => {
      left = directory.blobs().length
    })
    expect(left).toBeGreaterThan(owned.length)
    await collect(ecr.server.url)
    expect(directory.blobs()).toEqual(owned)
  })

  describe('with an upload under way', () => {
    const [first, second] = [randomBytes(5 * 1024 * 1024), randomBytes(100)]
    const whole = sha256(Buffer.concat([first, second]))

    it.each([
      ['as it was', (_file: string) => undefined],
      [
        'that has bytes which were not acknowledged',
        (file: string) => appendFileSync(file, 'not acknowledged'),
      ],
    ])('goes on with one %s', async (_state, change) => {
      const repositoryName = await aRepository(ecr.client())
      const uploadId = await anUpload(ecr.client(), repositoryName)
      await sendPart(ecr.client(), repositoryName, uploadId, first)
      await ecr.restart(() => change(join(directory.path, 'uploads', uploadId)))

      await sendPart(ecr.client(), repositoryName, uploadId, second, first.length)
      await ecr.restart(() => change(join(directory.path, 'uploads', uploadId)))

      const upload = { repositoryName, uploadId, layerDigests: [whole] }
      await ecr.client().send(new CompleteLayerUploadCommand(upload))
      expect(sha256(await registryClient(ecr).getBlob(repositoryName, whole))).toBe(whole)
    })

    it.each([
      ['without its bytes', (file: string) => rmSync(file)],
      ['without some of its bytes', (file: string) => truncateSync(file, 10)],
    ])('knows nothing of one %s', async (_state, change) => {
      const repositoryName = await aRepository(ecr.client())
      const uploads = [
        await anUpload(ecr.client(), repositoryName),
        await anUpload(ecr.client(), repositoryName),
      ]
      for (const uploadId of uploads) await sendPart(ecr.client(), repositoryName, uploadId, first)
      await ecr.restart(() => {
        for (const uploadId of uploads) change(join(directory.path, 'uploads', uploadId))
      })

      const [goOn, end] = uploads.map((uploadId) => `/v2/${repositoryName}/blobs/uploads/${uploadId}`)
      for (const [path, init] of [
        [goOn, { method: 'PATCH', body: second }],
        [`${end}?digest=${sha256(first)}`, { method: 'PUT' }],
      ] as const) {
        const answer = await registryClient(ecr).send(path as string, init)
        expect(answer.status).toBe(404)
        expect(await answer.json()).toMatchObject({ errors: [{ code: 'BLOB_UPLOAD_UNKNOWN' }] })
      }
      await registryClient(ecr).pushBlob(repositoryName, first)
    })
  })

  it('is refused while another server has the directory', async () => {
    await expect(startServer({ dataDir: directory.path })).rejects.toThrow(
      `${directory.path} is in use by another ecr-local; stop that one, or choose another --data-dir`,
    )
    expect((await fetch(new URL('/_ecr-local/health', ecr.server.url))).status).toBe(200)
  })
})

describe('a start without its metadata', () => {
  const directory = dataDirectory()
  const file = join(directory.path, 'metadata.sqlite')

  it.each([
    ['gone', () => rmSync(file)],
    ['empty', () => truncateSync(file)],
  ])('takes no blobs for those of nobody: %s', async (state, lose) => {
    const { close, url } = await startServer({ dataDir: directory.path })
    const client = await plainClient(url)
    const [repositoryName, blob] = [aName(), randomBytes(100_000)]
    await client.call('CreateRepository', { repositoryName })
    const push = `/v2/${repositoryName}/blobs/uploads/?digest=${sha256(blob)}`
    expect((await client.send('POST', push, { body: blob })).status).toBe(201)
    await close()
    const kept = readFileSync(file)
    lose()

    await expect(startServer({ dataDir: directory.path })).rejects.toThrow(
      `${file} is ${state}, and what it knew the owners of is not; put it back, or choose another --data-dir`,
    )
    expect(directory.blobFiles()).toContain(sha256(blob))
    writeFileSync(file, kept)
    const again = await startServer({ dataDir: directory.path })
    const pull = `/v2/${repositoryName}/blobs/${sha256(blob)}`
    expect((await (await plainClient(again.url)).send('GET', pull)).status).toBe(200)
    await again.close()
  })
})
