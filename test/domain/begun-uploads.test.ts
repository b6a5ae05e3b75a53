import { randomBytes, randomUUID } from 'node:crypto'
import fs, { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DeleteRepositoryCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { begunUploads } from '../../src/domain/begun-uploads.ts'
import type { Domain } from '../../src/domain/domain.ts'
import { startUpload } from '../../src/domain/start-upload.ts'
import { beginRun, endRun, type UploadRuns } from '../../src/domain/upload-runs.ts'
import type { Upload, Writes } from '../../src/store/database.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { bareRepository } from '../support/bare-repository.ts'
import { anUpload, aRepository, sendPart, sha256 } from '../support/content.ts'
import { collect, dataDirectory, tamper } from '../support/data-directory.ts'
import { emulator } from '../support/emulator.ts'
import { DAY } from '../support/lifecycle.ts'
import { operate } from '../support/operator.ts'
import { registryClient } from '../support/registry.ts'

const begun = { repositoryId: 1, startedAt: 5, digestAlgorithm: 'sha512' } as const

describe('uploads that have begun', () => {
  const key = randomBytes(32)
  const lost: UploadRuns = { name: '0a1b', isLost: () => false }
  const next: UploadRuns = { name: '2c3d', isLost: (name, now) => name === lost.name && now < 10 }
  const open = () => begunUploads(key, lost, randomUUID)

  it('are known by a UUID until they end, in their repository', () => {
    const uploads = open()
    const upload = uploads.begin(begun)
    expect(upload).toMatchObject({ ...begun, receivedBytes: 0, partCount: 0 })
    expect(upload.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
    expect([uploads.find(1, upload.id), uploads.find(2, upload.id)]).toEqual([upload, undefined])
    expect([uploads.has(upload.id), uploads.all()]).toEqual([true, [upload]])
    expect([uploads.end(upload.id), uploads.end(upload.id)]).toEqual([true, false])
    expect([uploads.find(1, upload.id), uploads.findLost(1, upload.id, 9)]).toEqual([undefined, undefined])
    uploads.goOn(upload)
    expect(uploads.find(1, upload.id)).toBe(upload)
  })

  it('prove that they did to the process after one that crashed', () => {
    const { id } = open().begin(begun)
    const later = begunUploads(key, next, randomUUID)
    const otherId = `${id.slice(0, 4)}${id[4] === '0' ? '1' : '0'}${id.slice(5)}`
    const elsewhere = begunUploads(randomBytes(32), next, randomUUID)
    expect([later.find(1, id), later.findLost(2, id, 9), later.findLost(1, otherId, 9)]).toEqual(
      Array(3).fill(undefined),
    )
    for (const unknown of [randomUUID(), '', 'upload', id.toUpperCase(), `${id}0`])
      expect([unknown, later.findLost(1, unknown, 9)]).toEqual([unknown, undefined])
    expect([elsewhere.findLost(1, id, 9), later.findLost(1, id, 10)]).toEqual([undefined, undefined])

    const found = later.findLost(1, id, 9) as Upload
    expect(found).toMatchObject({ id, repositoryId: 1, startedAt: 9, receivedBytes: 0 })
    expect(later.all()).toEqual([])
    later.goOn(found)
    expect(later.find(1, id)).toBe(found)
    later.end(id)
    expect([later.find(1, id), later.findLost(1, id, 9)]).toEqual([undefined, undefined])
  })

  it('are no more than ten thousand: the next one is a row', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'ecr-local-begun-'))
    const database = openSqlite({ file: join(directory, 'metadata.sqlite'), durable: false })
    onTestFinished(async () => {
      await database.close()
      rmSync(directory, { recursive: true })
    })
    const registry = { accountId: '000000000000', region: 'eu-west-1' }
    const repository = { registry, repositoryName: 'name' }
    await database.write((tx) => tx.repositories.insert(bareRepository(registry, 'name')))
    const uploads = open()
    const domain = { database, begunUploads: uploads, clock: { now: () => 7 } } as unknown as Domain
    const rows = () => database.read((tx) => tx.uploads.ids())
    const first = await startUpload(domain, repository)
    for (let count = 1; count < 10_000; count += 1) uploads.begin(begun)
    expect(await rows()).toEqual([])
    const row = await startUpload(domain, repository)
    expect([await rows(), uploads.has(row)]).toEqual([[row], false])
    uploads.end(first)
    const next = await startUpload(domain, repository)
    expect([await rows(), uploads.has(next)]).toEqual([[row], true])
  })
})

describe('the processes on a data directory', () => {
  it('know which of those before them ended without a word, for as long as an upload lives', async () => {
    const settings = new Map<string, Buffer>()
    const tx = {
      settings: {
        get: async (name: string) => settings.get(name),
        put: async (name: string, value: Buffer) => settings.set(name, value),
      },
    } as unknown as Writes
    const crashed = await beginRun(tx, 1000)
    const ended = await beginRun(tx, 2000)
    await endRun(tx, ended)
    const last = await beginRun(tx, 3000)
    expect(new Set([crashed.name, ended.name, last.name]).size).toBe(3)
    const names = [crashed.name, ended.name, last.name]
    expect(names.map((name) => last.isLost(name, 3000))).toEqual([true, false, false])
    expect(last.isLost(crashed.name, 2000 + DAY)).toBe(false)
    const later = await beginRun(tx, 2000 + DAY)
    expect(names.map((name) => later.isLost(name, 2000 + DAY))).toEqual([false, false, true])
  })
})

describe('an upload of which nothing has come', () => {
  const directory = dataDirectory()
  const ecr = emulator({ dataDir: directory.path })

  async function begin(repositoryName: string): Promise<string> {
    const answer = await registryClient(ecr).send(`/v2/${repositoryName}/blobs/uploads/`, { method: 'POST' })
    expect(answer.status).toBe(202)
    return new URL(answer.headers.get('location') as string, ecr.server.url).pathname
  }

  async function statusOf(method: string, target: string, body?: string): Promise<number> {
    const answer = await registryClient(ecr).send(target, body === undefined ? { method } : { method, body })
    return answer.status
  }

  /** Has the process in which an upload began look to the next one as though it had crashed. */
  function crash(uploadId: string): void {
    const runs = [{ name: uploadId.slice(0, 4), foundAt: null }]
    tamper(
      directory,
      "UPDATE settings SET value = ? WHERE key = 'upload-runs'",
      Buffer.from(JSON.stringify(runs)),
    )
    tamper(directory, 'DELETE FROM uploads WHERE part_count = 0')
  }

  it.each(['a stop', 'a crash'])(
    'outlasts %s, whether it is to come whole or in parts, at either door',
    async (end) => {
      const repositoryName = await aRepository(ecr.client())
      const [whole, inParts, unused] = (await Promise.all([1, 2, 3].map(() => begin(repositoryName)))) as [
        string,
        string,
        string,
      ]
      const uploadId = await anUpload(ecr.client(), repositoryName)
      const done = await begin(repositoryName)
      expect(await statusOf('PUT', `${done}?digest=${sha256('bytes')}`, 'bytes')).toBe(201)
      await ecr.restart(end === 'a crash' ? () => crash(uploadId) : undefined)
      expect(await collect(ecr.server.url)).toMatchObject({ uploads: 0 })
      expect(await statusOf('GET', done)).toBe(end === 'a crash' ? 204 : 404)
      expect(await statusOf('PUT', `${whole}?digest=${sha256('bytes')}`, 'bytes')).toBe(201)
      expect(await statusOf('GET', whole)).toBe(404)
      expect(await statusOf('PATCH', inParts, 'by')).toBe(202)
      await ecr.restart()
      expect(await statusOf('PATCH', inParts, 'tes')).toBe(202)
      expect(await statusOf('PUT', `${inParts}?digest=${sha256('bytes')}`)).toBe(201)
      expect(await statusOf('GET', inParts)).toBe(404)
      expect(await statusOf('GET', unused)).toBe(204)
      expect(await statusOf('DELETE', unused)).toBe(204)
      expect(await statusOf('GET', unused)).toBe(404)
      expect(await sendPart(ecr.client(), repositoryName, uploadId, Buffer.from('bytes'))).toMatchObject({
        lastByteReceived: 4,
      })
    },
  )

  /** One whose client has sent a part of its bytes. */
  async function halfway(
    location: string,
  ): Promise<{ rest: () => void; answered: Promise<number>; digest: string }> {
    const bytes = randomBytes(300_000)
    const digest = sha256(bytes)
    const target = new URL(`${location}?digest=${digest}`, ecr.server.url)
    const authorization = await registryClient(ecr).authorization()
    const headers = { authorization, 'content-length': bytes.length }
    const put = request(target, { method: 'PUT', headers })
    const answered = new Promise<number>((resolve, reject) => {
      put.on('response', (response) => resolve(response.resume().statusCode as number)).on('error', reject)
    })
    answered.catch(() => undefined)
    put.write(bytes.subarray(0, 200_000))
    // What a crash left may have the name too.
    const file = join(directory.path, 'uploads', idOf(location))
    await vi.waitFor(() => expect(statSync(file, { throwIfNoEntry: false })?.size).toBe(200_000))
    return { rest: () => put.end(bytes.subarray(200_000)), answered, digest }
  }
  const idOf = (location: string): string => location.split('/').at(-1) as string

  it('keeps what is coming when others are collected, and ends once', async () => {
    const repositoryName = await aRepository(ecr.client())
    const location = await begin(repositoryName)
    const { rest, answered, digest } = await halfway(location)
    expect(await collect(ecr.server.url)).toMatchObject({ uploads: 0 })
    rest()
    expect(await answered).toBe(201)
    expect(await statusOf('GET', location)).toBe(404)
    expect(sha256(await registryClient(ecr).getBlob(repositoryName, digest))).toBe(digest)
  })

  it('goes on after a crash that cut it off, though what it had left is to be collected', async () => {
    const location = await begin(await aRepository(ecr.client()))
    await ecr.restart(() => {
      crash(idOf(location))
      writeFileSync(join(directory.path, 'uploads', idOf(location)), 'half of something')
    })
    const { rest, answered } = await halfway(location)
    await collect(ecr.server.url)
    expect(directory.uploads()).toContain(idOf(location))
    rest()
    expect(await answered).toBe(201)
  })

  it('goes on after what a crash had left of it is gone, where that is being collected', async () => {
    const location = await begin(await aRepository(ecr.client()))
    const file = join(directory.path, 'uploads', idOf(location))
    const { rm } = fs.promises
    let remove = (): void => {}
    const mayRemove = new Promise<void>((resolve) => {
      remove = resolve
    })
    const removing = vi.spyOn(fs.promises, 'rm').mockImplementation(async (path, options) => {
      if (path === file) await mayRemove
      return rm(path, options)
    })
    syncBuiltinESMExports()
    onTestFinished(() => {
      vi.restoreAllMocks()
      syncBuiltinESMExports()
    })
    await ecr.restart(() => {
      crash(idOf(location))
      writeFileSync(file, 'half of something')
    })
    const collected = collect(ecr.server.url)
    await vi.waitFor(() => expect(removing).toHaveBeenCalledWith(file, expect.anything()))
    const upload = halfway(location)
    await new Promise((resolve) => setTimeout(resolve, 100))
    remove()
    const { rest, answered } = await upload
    await collected
    rest()
    expect(await answered).toBe(201)
  })

  it.each([
    [
      'its repository',
      (repositoryName: string) => ecr.client().send(new DeleteRepositoryCommand({ repositoryName })),
    ],
    ['a reset', () => ecr.server.reset()],
    [
      'a reset of its registry',
      async () => {
        const region = await ecr.client().config.region()
        const answer = await operate(ecr, 'POST', 'reset', { registry: `000000000000/${region}` })
        expect(answer).toMatchObject({ status: 200 })
      },
    ],
  ])('goes with %s, and its bytes with it', async (_what, end) => {
    const repositoryName = await aRepository(ecr.client())
    const location = await begin(repositoryName)
    const { rest, answered } = await halfway(location)
    await end(repositoryName)
    expect(directory.uploads()).not.toContain(idOf(location))
    await aRepository(ecr.client(), { repositoryName })
    expect(await statusOf('GET', location)).toBe(404)
    rest()
    expect(await answered).toBe(404)
    await ecr.restart()
    expect(await statusOf('GET', location)).toBe(404)
  })

  it('is given up after a day', async () => {
    const location = await begin(await aRepository(ecr.client()))
    await ecr.server.clock({ advance: 'PT23H' })
    await collect(ecr.server.url)
    expect(await statusOf('GET', location)).toBe(204)
    await ecr.server.clock({ advance: 'PT2H' })
    await collect(ecr.server.url)
    expect(await statusOf('GET', location)).toBe(404)
    await ecr.restart()
    expect(await statusOf('GET', location)).toBe(404)
  })
})
