import { type ECRClient, InitiateLayerUploadCommand } from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it } from 'vitest'
import { aLayer, aName, anUpload, aRepository, sendPart } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import {
  accessDenied,
  invalidParameter,
  invalidRepositoryMembers,
  repositoryNotFound,
} from '../support/refusals.ts'
import { registryClient } from '../support/registry.ts'

describe('InitiateLayerUpload', () => {
  const ecr = emulator()
  let client: ECRClient
  let repositoryName: string
  beforeAll(async () => {
    client = ecr.client()
    repositoryName = await aRepository(client)
  })

  const initiate = (settings: object = {}, by = client) =>
    by.send(new InitiateLayerUploadCommand({ repositoryName, ...settings }))

  describe('validation', () => {
    it.each(invalidRepositoryMembers)('says of %s: %s', async (member, constraint, input) => {
      await expect(initiate(input)).rejects.toMatchObject(invalidParameter(member, constraint))
    })
  })

  describe('refusals', () => {
    it('refuses a repository that is not there, or is in another region', async () => {
      const missing = aName()
      await expect(initiate({ repositoryName: missing })).rejects.toMatchObject(repositoryNotFound(missing))
      const elsewhere = initiate({}, ecr.client({ region: 'eu-central-1' }))
      await expect(elsewhere).rejects.toMatchObject(repositoryNotFound(repositoryName))
    })

    it("refuses another account's registry", async () => {
      const resource = `arn:aws:ecr:eu-west-1:111111111111:repository/${repositoryName}`
      const denied = accessDenied('ecr:InitiateLayerUpload', resource)
      await expect(initiate({ registryId: '111111111111' })).rejects.toMatchObject(denied)
    })
  })

  describe('effects', () => {
    it('answers a UUID, a new one each time, and parts of 10 MiB', async () => {
      const [first, second] = [await initiate(), await initiate()]
      const uploadId = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
      expect(first).toMatchObject({ uploadId, partSize: 10_485_760 })
      expect(second.uploadId).not.toBe(first.uploadId)
    })

    it('opens uploads that know nothing of each other', async () => {
      const [one, other] = [await anUpload(client, repositoryName), await anUpload(client, repositoryName)]
      await sendPart(client, repositoryName, one, Buffer.from('of one'))
      const { lastByteReceived } = await sendPart(client, repositoryName, other, Buffer.from('other'))
      expect(lastByteReceived).toBe(4)
      await aLayer(client, repositoryName)
      expect(await sendPart(client, repositoryName, one, Buffer.from('!'), 6)).toMatchObject({
        lastByteReceived: 6,
      })
    })

    it('opens an upload that the registry takes chunks of', async () => {
      const registry = registryClient(ecr)
      const uploadId = await anUpload(client, repositoryName)
      await sendPart(client, repositoryName, uploadId, Buffer.from('by API, '))
      const path = `/v2/${repositoryName}/blobs/uploads/${uploadId}`
      const chunk = await registry.send(path, { method: 'PATCH', body: 'by registry' })
      expect([chunk.status, chunk.headers.get('range')]).toEqual([202, '0-18'])
    })
  })
})
