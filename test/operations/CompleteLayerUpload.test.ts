import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { dirname } from 'node:path'
import {
  BatchCheckLayerAvailabilityCommand,
  CompleteLayerUploadCommand,
  DeleteRepositoryCommand,
  type ECRClient,
} from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { blobFile, uploadFile } from '../../src/blob/path.ts'
import type { Digest } from '../../src/rules/digest.ts'
import { aLayer, aName, anUpload, aRepository, sendPart, sha256 } from '../support/content.ts'
import { collect, dataDirectory } from '../support/data-directory.ts'
import { emulator } from '../support/emulator.ts'
import {
  DEFAULT_ACCOUNT,
  invalidParameter,
  invalidRepositoryMembers,
  invalidUploadIds,
  refusal,
  repositoryNotFound,
  uploadNotFound,
} from '../support/refusals.ts'
import { registryClient } from '../support/registry.ts'

const MIN_PART_BYTES = 5 * 1024 * 1024
const DIGEST = sha256('a layer')

function layerAlreadyExists(repositoryName: string, digest: string) {
  const where = `the repository with name '${repositoryName}' in registry with id '${DEFAULT_ACCOUNT}'`
  return refusal(
    'LayerAlreadyExistsException',
    `The layer with digest '${digest}' already exists in ${where}`,
  )
}

const invalidLayer = refusal(
  'InvalidLayerException',
  'None of the provided layer digests match the calculated layer digest',
)

describe('CompleteLayerUpload', () => {
  const ecr = emulator()
  let client: ECRClient
  let repositoryName: string
  beforeAll(async () => {
    client = ecr.client()
    repositoryName = await aRepository(client)
  })

  const complete = (uploadId: string, digests: string[] | string, settings: object = {}) => {
    const layerDigests = [digests].flat()
    const input = { repositoryName, uploadId, layerDigests, ...settings }
    return client.send(new CompleteLayerUploadCommand(input))
  }
  /** Opens an upload and sends it bytes, in one part. */
  const received = async (bytes: Uint8Array, name = repositoryName): Promise<string> => {
    const uploadId = await anUpload(client, name)
    await sendPart(client, name, uploadId, bytes)
    return uploadId
  }

  describe('validation', () => {
    const list = (length: number) => ({ layerDigests: Array(length).fill(DIGEST) })
    it.each([
      ...invalidRepositoryMembers,
      ...invalidUploadIds,
      ['layerDigests', 'Member must not be null', { layerDigests: undefined }],
      ['layerDigests', 'Member must have length greater than or equal to 1', list(0)],
      ['layerDigests', 'Member must have length less than or equal to 100', list(101)],
      [
        'layerDigests',
        'Member must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z0-9-_+.]+:[a-fA-F0-9]+]',
        { layerDigests: [DIGEST, 'sha256'] },
      ],
    ])('says of %s: %s', async (member, constraint, input) => {
      const sent = complete(randomUUID(), DIGEST, input)
      await expect(sent).rejects.toMatchObject(invalidParameter(member, constraint))
    })
  })

  describe('refusals', () => {
    it('refuses a repository that is not there', async () => {
      const missing = aName()
      const sent = complete(randomUUID(), DIGEST, { repositoryName: missing })
      await expect(sent).rejects.toMatchObject(repositoryNotFound(missing))
    })

    it('refuses an upload that never was, or is of another repository', async () => {
      const [unknown, other] = [randomUUID(), await aRepository(client)]
      await expect(complete(unknown, DIGEST)).rejects.toMatchObject(uploadNotFound(repositoryName, unknown))
      const uploadId = await received(Buffer.from('a layer'))
      const sent = complete(uploadId, DIGEST, { repositoryName: other })
      await expect(sent).rejects.toMatchObject(uploadNotFound(other, uploadId))
    })

    it('refuses an upload without parts, and leaves it open', async () => {
      const uploadId = await anUpload(client, repositoryName)
      const where = `the repository with name '${repositoryName}' in registry with id '${DEFAULT_ACCOUNT}'`
      const message = `The upload with id '${uploadId}' in ${where} cannot be completed because it does not have any parts`
      await expect(complete(uploadId, sha256(''))).rejects.toMatchObject(
        refusal('EmptyUploadException', message),
      )
      const { lastByteReceived } = await sendPart(client, repositoryName, uploadId, Buffer.from('a'))
      expect(lastByteReceived).toBe(0)
    })

    it('refuses a part below 5 MiB before the last, however large the others are', async () => {
      const bytes = randomBytes(3 * MIN_PART_BYTES - 1)
      const uploadId = await anUpload(client, repositoryName)
      let first = 0
      for (const size of [MIN_PART_BYTES, MIN_PART_BYTES - 1, MIN_PART_BYTES]) {
        await sendPart(client, repositoryName, uploadId, bytes.subarray(first, first + size), first)
        first += size
      }
      const message = 'All layer parts except the last part should be at least 5MB'
      const tooSmall = refusal('LayerPartTooSmallException', message)
      await expect(complete(uploadId, sha256(bytes))).rejects.toMatchObject(tooSmall)
      await expect(complete(uploadId, DIGEST)).rejects.toMatchObject(tooSmall)
    })

    it('refuses digests of other bytes, and leaves the upload open', async () => {
      const bytes = randomBytes(64)
      const hex = sha256(bytes).slice('sha256:'.length)
      const uploadId = await received(bytes)
      for (const wrong of [DIGEST, `sha512:${hex}`, `sha256:${hex.toUpperCase()}`, sha256('')])
        await expect(complete(uploadId, wrong)).rejects.toMatchObject(invalidLayer)
      expect((await complete(uploadId, sha256(bytes))).layerDigest).toBe(sha256(bytes))
    })

    it('refuses a layer that the repository has, and ends the upload', async () => {
      const bytes = randomBytes(64)
      const { digest } = await aLayer(client, repositoryName, bytes)
      const uploadId = await received(bytes)
      const exists = layerAlreadyExists(repositoryName, digest)
      await expect(complete(uploadId, digest)).rejects.toMatchObject(exists)
      await expect(complete(uploadId, digest)).rejects.toMatchObject(uploadNotFound(repositoryName, uploadId))
      expect(await registryClient(ecr).getBlob(repositoryName, digest)).toEqual(bytes)
    })
  })

  describe('effects', () => {
    it('makes the upload a layer, by whichever of the digests is its own', async () => {
      const bytes = randomBytes(64)
      const uploadId = await received(bytes)
      const answer = await complete(uploadId, [DIGEST, sha256(bytes), sha256('')])
      const layerDigest = sha256(bytes)
      expect(answer).toMatchObject({ registryId: DEFAULT_ACCOUNT, repositoryName, uploadId, layerDigest })
      await expect(complete(uploadId, layerDigest)).rejects.toMatchObject(
        uploadNotFound(repositoryName, uploadId),
      )
      expect(await registryClient(ecr).getBlob(repositoryName, layerDigest)).toEqual(bytes)
    })

    it('takes parts of exactly 5 MiB before a last one of a byte', async () => {
      const bytes = randomBytes(2 * MIN_PART_BYTES + 1)
      const uploadId = await anUpload(client, repositoryName)
      for (const first of [0, MIN_PART_BYTES, 2 * MIN_PART_BYTES]) {
        const part = bytes.subarray(first, first + MIN_PART_BYTES)
        await sendPart(client, repositoryName, uploadId, part, first)
      }
      await complete(uploadId, sha256(bytes))
      const stored = await registryClient(ecr).getBlob(repositoryName, sha256(bytes))
      expect(stored.equals(bytes)).toBe(true)
    })

    it('has the layer in this repository only', async () => {
      const [bytes, other] = [randomBytes(64), await aRepository(client)]
      const { digest } = await aLayer(client, repositoryName, bytes)
      const check = { repositoryName: other, layerDigests: [digest] }
      const { layers } = await client.send(new BatchCheckLayerAvailabilityCommand(check))
      expect(layers).toEqual([{ layerAvailability: 'UNAVAILABLE', layerDigest: digest }])
      await complete(await received(bytes, other), digest, { repositoryName: other })
      expect(await registryClient(ecr).getBlob(other, digest)).toEqual(bytes)
    })

    it('completes an upload once of many times at once', async () => {
      const bytes = randomBytes(100_000)
      const uploadId = await received(bytes)
      const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => complete(uploadId, sha256(bytes))))
      const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
      expect(refused).toHaveLength(3)
      for (const error of refused) expect(error).toMatchObject(uploadNotFound(repositoryName, uploadId))
    })

    it('lets one of many uploads of the same bytes in, and ends the others', async () => {
      const bytes = randomBytes(100_000)
      const digest = sha256(bytes)
      const uploadIds = await Promise.all([1, 2, 3, 4].map(() => received(bytes)))
      const outcomes = await Promise.allSettled(uploadIds.map((id) => complete(id, digest)))
      const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
      expect(refused).toHaveLength(3)
      for (const error of refused) expect(error).toMatchObject(layerAlreadyExists(repositoryName, digest))
      expect(await registryClient(ecr).getBlob(repositoryName, digest)).toEqual(bytes)
    })

    it('completes what the registry door has begun', async () => {
      const registry = registryClient(ecr)
      const begun = await registry.send(`/v2/${repositoryName}/blobs/uploads/`, { method: 'POST' })
      const path = begun.headers.get('location') ?? ''
      const bytes = randomBytes(1000)
      expect((await registry.send(path, { method: 'PATCH', body: bytes })).status).toBe(202)
      const uploadId = path.split('/').at(-1) ?? ''
      expect((await complete(uploadId, sha256(bytes))).layerDigest).toBe(sha256(bytes))
      expect(await registry.getBlob(repositoryName, sha256(bytes))).toEqual(bytes)
    })

    it('does not count a chunk of no bytes as a part that is too small', async () => {
      const registry = registryClient(ecr)
      const uploadId = await anUpload(client, repositoryName)
      const path = `/v2/${repositoryName}/blobs/uploads/${uploadId}`
      await registry.send(path, { method: 'PATCH', body: '' })
      await sendPart(client, repositoryName, uploadId, Buffer.from('after nothing'))
      expect((await complete(uploadId, sha256('after nothing'))).uploadId).toBe(uploadId)
    })
  })
})

describe('CompleteLayerUpload on a disk', () => {
  const { path: dataDir } = dataDirectory()
  const ecr = emulator({ dataDir })

  it('keeps the layer of another repository when an upload of the same bytes loses its own', async () => {
    const client = ecr.client()
    const [owner, other] = [await aRepository(client), await aRepository(client)]
    const bytes = randomBytes(1000)
    const { digest } = await aLayer(client, owner, bytes)
    const uploadId = await anUpload(client, other)
    await sendPart(client, other, uploadId, bytes)
    rmSync(uploadFile(dataDir, uploadId))

    const sent = client.send(
      new CompleteLayerUploadCommand({ repositoryName: other, uploadId, layerDigests: [digest] }),
    )
    await expect(sent).rejects.toMatchObject(uploadNotFound(other, uploadId))
    expect(await registryClient(ecr).getBlob(owner, digest)).toEqual(bytes)
  })

  it('knows no upload that a crash left between its bytes and its row, and shows nothing of it', async () => {
    const repositoryName = await aRepository(ecr.client())
    const uploadId = await anUpload(ecr.client(), repositoryName)
    const bytes = randomBytes(1000)
    await sendPart(ecr.client(), repositoryName, uploadId, bytes)
    const placed = blobFile(dataDir, sha256(bytes) as Digest)
    await ecr.restart(() => {
      mkdirSync(dirname(placed), { recursive: true })
      renameSync(uploadFile(dataDir, uploadId), placed)
    })

    const input = { repositoryName, uploadId, layerDigests: [sha256(bytes)] }
    const sent = ecr.client().send(new CompleteLayerUploadCommand(input))
    await expect(sent).rejects.toMatchObject(uploadNotFound(repositoryName, uploadId))
    await collect(ecr.server.url)
    expect(existsSync(placed)).toBe(false)
  })

  it('waits for a chunk that is on its way, and has all of it', async () => {
    const client = ecr.client()
    const repositoryName = await aRepository(client)
    const uploadId = await anUpload(client, repositoryName)
    const bytes = randomBytes(2000)
    const url = new URL(`/v2/${repositoryName}/blobs/uploads/${uploadId}`, ecr.server.url)
    const headers = {
      authorization: await registryClient(ecr).authorization(),
      'content-length': bytes.length,
    }
    const chunk = request(url, { method: 'PATCH', headers })
    const answer = once(chunk, 'response')
    chunk.write(bytes.subarray(0, 1000))
    await vi.waitFor(() => expect(statSync(uploadFile(dataDir, uploadId)).size).toBe(1000))

    const input = { repositoryName, uploadId, layerDigests: [sha256(bytes)] }
    const completed = client.send(new CompleteLayerUploadCommand(input))
    // Sent behind it: when this is answered, the server has the other call too.
    await anUpload(client, repositoryName)
    chunk.end(bytes.subarray(1000))
    const [{ statusCode }] = await answer
    expect(statusCode).toBe(202)
    expect((await completed).layerDigest).toBe(sha256(bytes))
    expect(await registryClient(ecr).getBlob(repositoryName, sha256(bytes))).toEqual(bytes)
  })

  it('keeps layers of other repositories while uploads of the same bytes race with the end of theirs', async () => {
    const client = ecr.client()
    const owner = await aRepository(client)
    const bytes = randomBytes(200_000)
    const { digest } = await aLayer(client, owner, bytes)
    for (let round = 0; round < 10; round += 1) {
      const repositoryName = await aRepository(client)
      const uploadId = await anUpload(client, repositoryName)
      await sendPart(client, repositoryName, uploadId, bytes)
      const input = { repositoryName, uploadId, layerDigests: [digest] }
      await Promise.allSettled([
        client.send(new CompleteLayerUploadCommand(input)),
        client.send(new DeleteRepositoryCommand({ repositoryName, force: true })),
      ])
      const stored = await registryClient(ecr).getBlob(owner, digest)
      expect(stored.equals(bytes)).toBe(true)
    }
  })
})
