import {
  type ECRClient,
  type ReplicationDestination,
  StopReplicationBackfillCommand,
} from '@aws-sdk/client-ecr'
import { beforeEach, describe, expect, it } from 'vitest'
import { anImage, aRepository } from '../support/content.ts'
import { dataDirectory, loseManifest } from '../support/data-directory.ts'
import { emulator } from '../support/emulator.ts'
import { accessDenied, invalidParameter, refusal } from '../support/refusals.ts'
import {
  aBackfill,
  anAccount,
  arrive,
  backfillNotFound,
  configure,
  finish,
  frozen,
  invalidBackfillIds,
  NO_BACKFILL,
  resultsOf,
  ruleTo,
  tagsAt,
} from '../support/replication.ts'

describe('StopReplicationBackfill', () => {
  const data = dataDirectory()
  const ecr = emulator({ dataDir: data.path })
  frozen(ecr)
  let account: string
  let client: ECRClient
  let away: ECRClient
  let destination: ReplicationDestination
  let repositoryName: string
  let id: string
  beforeEach(async () => {
    account = anAccount()
    client = ecr.client({ accessKeyId: account })
    away = ecr.client({ accessKeyId: account, region: 'us-east-1' })
    destination = { region: 'us-east-1', registryId: account }
    repositoryName = await aRepository(client)
    await anImage(client, repositoryName, { imageTag: 'v1' })
    await configure(client, ruleTo([destination]))
    id = await aBackfill(client, destination)
  })

  const stop = (input: object = {}, by = client) =>
    by.send(new StopReplicationBackfillCommand({ replicationBackfillId: id, ...input }))

  describe('validation', () => {
    it.each([
      ...invalidBackfillIds,
      ['registryId', 'Member must satisfy regular expression pattern: [0-9]{12}', { registryId: '1' }],
    ])('%s: %s', async (member, constraint, input) => {
      await expect(stop(input)).rejects.toMatchObject(invalidParameter(member, constraint))
    })
  })

  describe('refusals', () => {
    it('knows no backfill of that id, nor of another registry', async () => {
      const unknown = stop({ replicationBackfillId: NO_BACKFILL })
      await expect(unknown).rejects.toMatchObject(backfillNotFound(account))
      await expect(stop({}, away)).rejects.toMatchObject(backfillNotFound(account, id))
    })

    it('stops none of another account', async () => {
      const refused = accessDenied('ecr:StopReplicationBackfill', '*')
      await expect(stop({ registryId: account }, ecr.client())).rejects.toMatchObject(refused)
    })

    it.each([
      ['COMPLETE', () => finish(ecr)],
      ['STOPPED', () => stop()],
    ])('does not stop what is %s', async (status, end) => {
      await end()
      const message = `The replication backfill with id '${id}' cannot be stopped because its status is ${status}`
      const refused = refusal('ReplicationBackfillInvalidStatusException', message)
      await expect(stop()).rejects.toMatchObject(refused)
      await expect(stop({ replicationBackfillId: id.toUpperCase() })).rejects.toMatchObject(refused)
    })
  })

  describe('effects', () => {
    it('ends a backfill before it knows what there is, which stays unknown', async () => {
      const { startedAt } = await resultsOf(client, id)
      const { $metadata, ...answer } = await stop()
      const common = { registryId: account, replicationBackfillId: id, destination, startedAt }
      expect(answer).toEqual({ ...common, status: 'STOPPED' })
      await finish(ecr)
      expect(await resultsOf(client, id)).toEqual({
        ...common,
        status: 'STOPPED',
        endedAt: startedAt,
        results: [],
      })
      expect(await tagsAt(away, repositoryName)).toBeUndefined()
    })

    it('ends a backfill before it copies, and makes room for the next', async () => {
      await arrive(ecr)
      expect(await stop()).toMatchObject({ status: 'STOPPED' })
      await finish(ecr)
      const progress = { totalReplicationCount: 1, completedReplicationCount: 0 }
      expect(await resultsOf(client, id)).toMatchObject({ status: 'STOPPED', progress, results: [] })
      expect(await tagsAt(away, repositoryName)).toBeUndefined()

      await aBackfill(client, destination)
      await finish(ecr)
      expect(await tagsAt(away, repositoryName)).toHaveLength(1)
    })

    it('keeps what was copied, and tells of it', async () => {
      await configure(client)
      const { digest } = await anImage(client, repositoryName, { imageTag: 'torn' })
      await configure(client, ruleTo([destination]))
      await arrive(ecr)
      // The second image fails and is to be tried again: the backfill stands between the two.
      loseManifest(data, digest)
      await arrive(ecr)
      expect(await stop()).toMatchObject({ status: 'STOPPED' })
      await ecr.server.clock({ advance: 'PT1M' })

      const progress = { totalReplicationCount: 2, completedReplicationCount: 1, failedReplicationCount: 0 }
      const results = [{ imageId: { imageTag: 'v1' }, status: 'COMPLETE' }]
      expect(await resultsOf(client, id)).toMatchObject({ status: 'STOPPED', progress, results })
      expect((await tagsAt(away, repositoryName))?.map(([, tags]) => tags)).toEqual([['v1']])
    })
  })
})
