import { randomBytes } from 'node:crypto'
import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateRepositoryCommand, type ECRClient } from '@aws-sdk/client-ecr'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aName, anUpload, aRepository, sendPart, sha256 } from '../support/content.ts'
import { collect } from '../support/data-directory.ts'
import { emulator } from '../support/emulator.ts'
import { jsonOf, type RegistryClient, registryClient } from '../support/registry.ts'

const TEXT =
  'The data directory was moved or deleted; put it back, or start the server again to begin a new one'
const serverException = { name: 'ServerException', message: TEXT, $metadata: { httpStatusCode: 500 } }
const unknown = { errors: [{ code: 'UNKNOWN', message: TEXT }] }

describe('a data directory under a server', () => {
  const parent = mkdtempSync(join(tmpdir(), 'ecr-local-gone-'))
  const [path, elsewhere] = [join(parent, 'data'), join(parent, 'elsewhere')]
  const ecr = emulator({ dataDir: path })
  let client: ECRClient
  let registry: RegistryClient
  let repositoryName: string
  let kept: string
  let uploadId: string
  beforeAll(async () => {
    client = ecr.client()
    registry = registryClient(ecr)
    repositoryName = await aRepository(client)
    kept = (await registry.pushBlob(repositoryName, randomBytes(100_000))).digest
    uploadId = await anUpload(client, repositoryName)
  })
  afterAll(() => rmSync(parent, { recursive: true }))

  /** Whatever would be stored, or read from a file, at either door. */
  async function expectRefusals(): Promise<void> {
    const create = new CreateRepositoryCommand({ repositoryName: aName() })
    await expect(client.send(create)).rejects.toMatchObject(serverException)
    const part = sendPart(client, repositoryName, uploadId, randomBytes(10))
    await expect(part).rejects.toMatchObject(serverException)
    const blobs = `/v2/${repositoryName}/blobs`
    // Of what has begun nothing is stored yet.
    expect((await registry.send(`${blobs}/uploads/`, { method: 'POST' })).status).toBe(202)
    for (const [method, target, body] of [
      ['PATCH', `${blobs}/uploads/${uploadId}`, 'bytes'],
      ['PUT', `${blobs}/uploads/${uploadId}?digest=${sha256('bytes')}`, 'bytes'],
      ['GET', `${blobs}/${kept}`],
    ] as const) {
      const answer = await registry.send(target, body === undefined ? { method } : { method, body })
      expect([method, answer.status, await jsonOf(answer)]).toEqual([method, 500, unknown])
    }
  }

  it('that is moved is asked for, and all is well when it is back', async () => {
    renameSync(path, elsewhere)
    await expectRefusals()
    // Nothing was begun in its place.
    renameSync(elsewhere, path)

    expect(await sendPart(client, repositoryName, uploadId, Buffer.from('bytes'))).toMatchObject({
      lastByteReceived: 4,
    })
    const ended = await registry.send(
      `/v2/${repositoryName}/blobs/uploads/${uploadId}?digest=${sha256('bytes')}`,
      { method: 'PUT' },
    )
    expect(ended.status).toBe(201)
    expect(sha256(await registry.getBlob(repositoryName, kept))).toBe(kept)
  })

  it('that is deleted takes nothing more, and the next start begins anew', async () => {
    uploadId = await anUpload(client, repositoryName)
    rmSync(path, { recursive: true })
    await expectRefusals()
    expect(await collect(ecr.server.url)).toEqual({ error: 'The server failed; its log says why' })

    await ecr.restart()
    await aRepository(ecr.client(), { repositoryName })
    const again = registryClient(ecr)
    const { digest } = await again.pushBlob(repositoryName)
    expect(sha256(await again.getBlob(repositoryName, digest))).toBe(digest)
  })
})
