import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { appendFileSync, rmSync, symlinkSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import {
  CompleteLayerUploadCommand,
  type ECRClient,
  UploadLayerPartCommand,
  type UploadLayerPartCommandInput,
} from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { uploadFile } from '../../src/blob/path.ts'
import { aName, anUpload, aRepository, sendPart, sha256 } from '../support/content.ts'
import { dataDirectory } from '../support/data-directory.ts'
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

const MEBIBYTE = 1024 * 1024

describe('UploadLayerPart', () => {
  const { path: dataDir } = dataDirectory()
  const ecr = emulator({ dataDir })
  let client: ECRClient
  let repositoryName: string
  beforeAll(async () => {
    client = ecr.client()
    repositoryName = await aRepository(client)
  })

  const complete = async (uploadId: string, bytes: Uint8Array): Promise<string> => {
    const digest = sha256(bytes)
    const layerDigests = [digest]
    await client.send(new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests }))
    return digest
  }

  describe('validation', () => {
    const valid = {
      uploadId: randomUUID(),
      partFirstByte: 0,
      partLastByte: 2,
      layerPartBlob: Buffer.from('abc'),
    }
    const upload = (settings: object): Promise<unknown> => {
      const input = { repositoryName, ...valid, ...settings } as UploadLayerPartCommandInput
      return client.send(new UploadLayerPartCommand(input))
    }

    it.each([
      ...invalidRepositoryMembers,
      ...invalidUploadIds,
      ['partFirstByte', 'Member must not be null', { partFirstByte: undefined }],
      ['partFirstByte', 'Member must have value greater than or equal to 0', { partFirstByte: -1 }],
      ['partLastByte', 'Member must not be null', { partLastByte: undefined }],
      ['partLastByte', 'Member must have value greater than or equal to 0', { partLastByte: -1 }],
      ['layerPartBlob', 'Member must not be null', { layerPartBlob: undefined }],
      [
        'layerPartBlob',
        'Member must have length less than or equal to 20971520',
        { layerPartBlob: Buffer.alloc(20 * MEBIBYTE + 1) },
      ],
    ])('says of %s: %s', async (member, constraint, input) => {
      await expect(upload(input)).rejects.toMatchObject(invalidParameter(member, constraint))
    })

    it.each([
      ['a fraction', { partFirstByte: 0.5 }, 'DECIMAL_VALUE can not be converted to an Integer'],
      ['text for a number', { partLastByte: '2' }, 'STRING_VALUE can not be converted to an Integer'],
      ['what is not base64', { layerPartBlob: '*' }, 'layerPartBlob: invalid base64 in a blob value'],
    ])('cannot read %s', async (_, wrong, message) => {
      const input = { repositoryName, ...valid, layerPartBlob: 'YWJj', ...wrong }
      const { status, body } = await ecr.call('UploadLayerPart', input)
      expect([status, body]).toEqual([400, { __type: 'SerializationException', message }])
    })
  })

  describe('refusals', () => {
    const invalidPart = (uploadId: string, lastValidByteReceived: number, message: string) => ({
      ...refusal('InvalidLayerPartException', `${message} the upload with id '${uploadId}' in ${place()}`),
      registryId: DEFAULT_ACCOUNT,
      repositoryName,
      uploadId,
      lastValidByteReceived,
    })
    const place = () =>
      `the repository with name '${repositoryName}' in registry with id '${DEFAULT_ACCOUNT}'`

    it('refuses a repository that is not there', async () => {
      const missing = aName()
      const sent = sendPart(client, missing, randomUUID(), Buffer.from('a'))
      await expect(sent).rejects.toMatchObject(repositoryNotFound(missing))
    })

    it('refuses an upload that never was, is of another repository, or is complete', async () => {
      const unknown = randomUUID()
      const [other, foreign] = [await aRepository(client), await anUpload(client, repositoryName)]
      const done = await anUpload(client, repositoryName)
      const bytes = randomBytes(8)
      await sendPart(client, repositoryName, done, bytes)
      await complete(done, bytes)
      for (const [name, uploadId] of [
        [repositoryName, unknown],
        [other, foreign],
        [repositoryName, done],
      ] as const)
        await expect(sendPart(client, name, uploadId, bytes)).rejects.toMatchObject(
          uploadNotFound(name, uploadId),
        )
    })

    it.each([
      ['leaves a gap', 4, 3],
      ['overlaps the one before', 2, 3],
      ['comes a second time', 0, 3],
    ])('refuses a part that %s, and tells the last byte it has', async (_, partFirstByte, received) => {
      const uploadId = await anUpload(client, repositoryName)
      await sendPart(client, repositoryName, uploadId, Buffer.from('abc'))
      const sent = sendPart(client, repositoryName, uploadId, Buffer.from('abc'), partFirstByte)
      const message = `The layer part does not begin at the expected byte ${received} of`
      await expect(sent).rejects.toMatchObject(invalidPart(uploadId, received - 1, message))
    })

    it('refuses a first part that does not begin at 0', async () => {
      const uploadId = await anUpload(client, repositoryName)
      const message = 'The layer part does not begin at the expected byte 0 of'
      await expect(sendPart(client, repositoryName, uploadId, Buffer.from('a'), 1)).rejects.toMatchObject(
        invalidPart(uploadId, 0, message),
      )
    })

    it.each([
      ['shorter than its range', 14, 'part'],
      ['longer than its range', 9, 'part'],
      ['of no bytes', 7, ''],
      ['whose last byte is before its first', 0, ''],
    ])('refuses a part %s, and keeps none of it', async (_, partLastByte, text) => {
      const uploadId = await anUpload(client, repositoryName)
      const bytes = randomBytes(8)
      await sendPart(client, repositoryName, uploadId, bytes)
      const part = { partFirstByte: 8, partLastByte, layerPartBlob: Buffer.from(text) }
      const sent = client.send(new UploadLayerPartCommand({ repositoryName, uploadId, ...part }))
      const message = 'The size of the layer part does not match its first and last byte in'
      await expect(sent).rejects.toMatchObject(invalidPart(uploadId, 7, message))

      const digest = await complete(uploadId, bytes)
      expect(await registryClient(ecr).getBlob(repositoryName, digest)).toEqual(bytes)
    })
  })

  describe('effects', () => {
    it('answers where it is', async () => {
      const uploadId = await anUpload(client, repositoryName)
      expect(await sendPart(client, repositoryName, uploadId, Buffer.from('abc'))).toMatchObject({
        registryId: DEFAULT_ACCOUNT,
        repositoryName,
        uploadId,
        lastByteReceived: 2,
      })
      const next = await sendPart(client, repositoryName, uploadId, Buffer.from('d'), 3)
      expect(next.lastByteReceived).toBe(3)
    })

    it('takes parts of 10 and of 20 MiB, 28 MB of JSON', async () => {
      const uploadId = await anUpload(client, repositoryName)
      const bytes = randomBytes(30 * MEBIBYTE + 1)
      const sizes = [20 * MEBIBYTE, 10 * MEBIBYTE, 1]
      let first = 0
      for (const size of sizes) {
        await sendPart(client, repositoryName, uploadId, bytes.subarray(first, first + size), first)
        first += size
      }
      const digest = await complete(uploadId, bytes)
      const stored = await registryClient(ecr).getBlob(repositoryName, digest)
      expect(stored.equals(bytes)).toBe(true)
    })

    it('takes nothing of a part whose sender goes away midway', async () => {
      const uploadId = await anUpload(client, repositoryName)
      const headers = {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.UploadLayerPart',
        'content-length': 1_000_000,
      }
      const cut = request(ecr.server.url, { method: 'POST', headers })
      const left = once(cut, 'error')
      await new Promise((sent) =>
        cut.write(`{"uploadId":"${uploadId}","layerPartBlob":"${'A'.repeat(9999)}`, sent),
      )
      cut.destroy(new Error('gone'))
      await left
      const bytes = randomBytes(64)
      await sendPart(client, repositoryName, uploadId, bytes)
      expect(await complete(uploadId, bytes)).toBe(sha256(bytes))
    })

    it('goes on after what a registry client sent before it went away', async () => {
      const registry = registryClient(ecr)
      const uploadId = await anUpload(client, repositoryName)
      const bytes = randomBytes(2000)
      const url = new URL(`/v2/${repositoryName}/blobs/uploads/${uploadId}`, ecr.server.url)
      const headers = { authorization: await registry.authorization(), 'content-length': bytes.length }
      const cut = request(url, { method: 'PATCH', headers })
      const left = once(cut, 'error')
      await new Promise((sent) => cut.write(bytes.subarray(0, 1000), sent))
      await vi.waitFor(async () => expect((await readFile(uploadFile(dataDir, uploadId))).length).toBe(1000))
      cut.destroy(new Error('gone'))
      await left

      const beyond = sendPart(client, repositoryName, uploadId, bytes, bytes.length)
      await expect(beyond).rejects.toMatchObject({ lastValidByteReceived: 999 })
      await sendPart(client, repositoryName, uploadId, bytes.subarray(1000), 1000)
      // Not by the API: there, what was cut off is a part below 5 MiB.
      url.searchParams.set('digest', sha256(bytes))
      expect((await registry.send(`${url}`, { method: 'PUT' })).status).toBe(201)
      expect(await registry.getBlob(repositoryName, sha256(bytes))).toEqual(bytes)
    })

    it('takes one of two equal parts that come at once', async () => {
      const uploadId = await anUpload(client, repositoryName)
      const bytes = randomBytes(100_000)
      const parts = [1, 2, 3, 4].map(() => sendPart(client, repositoryName, uploadId, bytes))
      const outcomes = await Promise.allSettled(parts)
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      for (const outcome of outcomes)
        if (outcome.status === 'rejected')
          expect(outcome.reason).toMatchObject({ lastValidByteReceived: 99_999 })
      const digest = await complete(uploadId, bytes)
      expect(await registryClient(ecr).getBlob(repositoryName, digest)).toEqual(bytes)
    })
  })
})

describe('UploadLayerPart at the quotas', () => {
  const ecr = emulator({ quotas: { partsPerLayer: 2, layerBytes: 10 } })

  const limitExceeded = (limit: number, quota: string) =>
    refusal(
      'LimitExceededException',
      `The operation did not succeed because it would have exceeded the service quota of ${limit} for ${quota}.`,
    )

  it('refuses one part too many', async () => {
    const client = ecr.client()
    const repositoryName = await aRepository(client)
    const uploadId = await anUpload(client, repositoryName)
    for (const first of [0, 1]) await sendPart(client, repositoryName, uploadId, Buffer.from('a'), first)
    const third = sendPart(client, repositoryName, uploadId, Buffer.from('a'), 2)
    await expect(third).rejects.toMatchObject(limitExceeded(2, 'layer parts'))
  })

  it.each([
    ['at once', []],
    ['by a second part', [4]],
  ])('takes a layer of the largest size and refuses one byte more, %s', async (_, before) => {
    const client = ecr.client()
    const repositoryName = await aRepository(client)
    const uploadId = await anUpload(client, repositoryName)
    for (const size of before) await sendPart(client, repositoryName, uploadId, Buffer.alloc(size))
    const received = before[0] ?? 0
    const tooLong = sendPart(client, repositoryName, uploadId, Buffer.alloc(11 - received), received)
    await expect(tooLong).rejects.toMatchObject(limitExceeded(10, 'layer size'))
    const fits = await sendPart(client, repositoryName, uploadId, Buffer.alloc(10 - received), received)
    expect(fits.lastByteReceived).toBe(9)
  })
})

describe('UploadLayerPart on a disk', () => {
  const { path: dataDir } = dataDirectory()
  const ecr = emulator({ dataDir })

  it('goes on after a restart, over what a killed process left', async () => {
    const bytes = randomBytes(5 * MEBIBYTE + 9)
    const [head, tail] = [bytes.subarray(0, 5 * MEBIBYTE), bytes.subarray(5 * MEBIBYTE)]
    const repositoryName = await aRepository(ecr.client())
    const uploadId = await anUpload(ecr.client(), repositoryName)
    await sendPart(ecr.client(), repositoryName, uploadId, head)
    await ecr.restart(() => appendFileSync(uploadFile(dataDir, uploadId), 'part of a part'))

    const client = ecr.client()
    const again = sendPart(client, repositoryName, uploadId, head)
    await expect(again).rejects.toMatchObject({ lastValidByteReceived: head.length - 1 })
    await sendPart(client, repositoryName, uploadId, tail, head.length)
    const layerDigests = [sha256(bytes)]
    await client.send(new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests }))
    const stored = await registryClient(ecr).getBlob(repositoryName, sha256(bytes))
    expect(stored.equals(bytes)).toBe(true)
  })

  it('knows no upload whose bytes a crash took', async () => {
    const client = ecr.client()
    const repositoryName = await aRepository(client)
    const uploadId = await anUpload(client, repositoryName)
    await sendPart(client, repositoryName, uploadId, Buffer.from('abc'))
    await ecr.restart(() => rmSync(uploadFile(dataDir, uploadId)))
    const next = sendPart(ecr.client(), repositoryName, uploadId, Buffer.from('d'), 3)
    await expect(next).rejects.toMatchObject(uploadNotFound(repositoryName, uploadId))
  })

  it.runIf(process.platform === 'linux')(
    'fails on a full disk, and takes the part when there is space',
    async () => {
      const client = ecr.client()
      const repositoryName = await aRepository(client)
      const uploadId = await anUpload(client, repositoryName)
      const file = uploadFile(dataDir, uploadId)
      symlinkSync('/dev/full', file)
      await expect(sendPart(client, repositoryName, uploadId, Buffer.from('abc'))).rejects.toMatchObject({
        name: 'ServerException',
        message: 'No space is left on the disk that holds the data directory',
        $metadata: { httpStatusCode: 500 },
      })

      rmSync(file)
      const { lastByteReceived } = await sendPart(client, repositoryName, uploadId, Buffer.from('abc'))
      expect(lastByteReceived).toBe(2)
      const layerDigests = [sha256('abc')]
      await client.send(new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests }))
      expect(String(await registryClient(ecr).getBlob(repositoryName, sha256('abc')))).toBe('abc')
    },
  )
})
