import {
  type ECRClient,
  type ReplicationDestination,
  StartReplicationBackfillCommand,
} from '@aws-sdk/client-ecr'
import { beforeEach, describe, expect, it } from 'vitest'
import { aName, anImage, anIndex, aRepository } from '../support/content.ts'
import { dataDirectory, loseManifest, tamper } from '../support/data-directory.ts'
import { emulator } from '../support/emulator.ts'
import { accessDenied, DEFAULT_ACCOUNT, invalidParameter, refusal } from '../support/refusals.ts'
import {
  aBackfill,
  anAccount,
  arrive,
  configure,
  finish,
  frozen,
  HOME,
  resultsOf,
  ruleTo,
  statusesOf,
  tagsAt,
} from '../support/replication.ts'

const AWAY = 'us-east-1'

describe('StartReplicationBackfill', () => {
  const data = dataDirectory()
  const ecr = emulator({ dataDir: data.path, quotas: { imagesPerRepository: 30 } })
  frozen(ecr)
  let account: string
  let client: ECRClient
  let away: ECRClient
  let toAway: ReplicationDestination
  let repositoryName: string
  beforeEach(async () => {
    account = anAccount()
    client = ecr.client({ accessKeyId: account })
    away = ecr.client({ accessKeyId: account, region: AWAY })
    toAway = { region: AWAY, registryId: account }
    repositoryName = await aRepository(client)
  })

  const start = (input: object = {}, by = client) =>
    by.send(new StartReplicationBackfillCommand({ destination: toAway, ...input }))

  describe('validation', () => {
    it.each([
      ['destination', 'Member must not be null', { destination: undefined }],
      ['destination.region', 'Member must not be null', { destination: { registryId: DEFAULT_ACCOUNT } }],
      [
        'destination.region',
        'Member must satisfy regular expression pattern: [0-9a-z-]{2,25}',
        { destination: { region: 'EU', registryId: DEFAULT_ACCOUNT } },
      ],
      [
        'destination.registryId',
        'Member must satisfy regular expression pattern: [0-9]{12}',
        { destination: { region: AWAY, registryId: '1' } },
      ],
      ['registryId', 'Member must satisfy regular expression pattern: [0-9]{12}', { registryId: '1' }],
    ])('%s: %s', async (member, constraint, input) => {
      await expect(start(input)).rejects.toMatchObject(invalidParameter(member, constraint))
    })
  })

  describe('refusals', () => {
    it.each([
      ['nothing is', () => {}],
      ['another region is', () => configure(client, ruleTo([{ region: 'eu-west-2', registryId: account }]))],
      ['another account is', () => configure(client, ruleTo([{ region: AWAY, registryId: anAccount() }]))],
    ])('asks for a destination that is configured, when only %s', async (_, choose) => {
      await choose()
      const message = `The destination with registry id '${account}' and region '${AWAY}' is not in the replication configuration of the registry with id '${account}'`
      await expect(start()).rejects.toMatchObject(refusal('ValidationException', message))
    })

    it('lets one backfill run to a region, whatever its account, and the next when it has ended', async () => {
      const toOther = { region: AWAY, registryId: anAccount() }
      await configure(client, ruleTo([toAway, toOther]))
      await start()
      const refused = refusal(
        'ReplicationBackfillInProgressException',
        `A replication backfill to the region '${AWAY}' is already in progress in the registry with id '${account}'`,
      )
      for (const destination of [toAway, toOther]) {
        await expect(start({ destination })).rejects.toMatchObject(refused)
        await arrive(ecr)
      }
      expect(await start()).toMatchObject({ status: 'PREPARING' })
    })

    it('lets ten of a registry run at once', async () => {
      const destinations = Array.from({ length: 11 }, (_, index) => ({
        region: `us-east-${index + 1}`,
        registryId: account,
      }))
      await configure(client, ruleTo(destinations))
      for (const destination of destinations.slice(1)) await start({ destination })
      const message =
        'The operation did not succeed because it would have exceeded the service quota of 10 for replication backfills in progress.'
      await expect(start()).rejects.toMatchObject(refusal('LimitExceededException', message))
      await finish(ecr)
      expect(await start()).toMatchObject({ status: 'PREPARING' })
    })

    it('starts none for another account', async () => {
      const refused = accessDenied('ecr:StartReplicationBackfill', '*')
      await expect(start({ registryId: account }, ecr.client())).rejects.toMatchObject(refused)
    })
  })

  describe('effects', () => {
    it('answers that it prepares, says how much there is, and ends', async () => {
      await anImage(client, repositoryName, { imageTag: 'v1' })
      await configure(client, ruleTo([toAway]))
      const { $metadata, ...answer } = await start()
      const { replicationBackfillId, startedAt } = answer
      const common = { registryId: account, replicationBackfillId, destination: toAway, startedAt }
      expect(answer).toEqual({ ...common, status: 'PREPARING' })
      expect(replicationBackfillId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
      const { now } = await ecr.server.clock()
      expect(startedAt).toEqual(new Date(now))

      const read = () => resultsOf(client, replicationBackfillId as string)
      const counts = (completedReplicationCount: number) => ({
        totalReplicationCount: 1,
        completedReplicationCount,
        failedReplicationCount: 0,
        failureCodes: [],
      })
      expect(await read()).toEqual({ ...common, status: 'PREPARING' })
      await arrive(ecr)
      expect(await read()).toEqual({ ...common, status: 'IN_PROGRESS', progress: counts(0) })
      await arrive(ecr)
      expect(await read()).toMatchObject({
        status: 'COMPLETE',
        progress: counts(1),
        endedAt: new Date(Date.parse(now) + 2000),
      })
    })

    it('copies what was there before: each image under each of its tags, indexes and referrers', async () => {
      const image = await anImage(client, repositoryName, { imageTag: 'b' })
      const { mediaType, digest, size } = image
      const index = await anIndex(client, repositoryName, [image], { imageTag: 'a' })
      const signature = await anImage(client, repositoryName, { subject: { mediaType, digest, size } })
      await configure(client, ruleTo([toAway]))
      const id = await aBackfill(client, toAway)
      await finish(ecr)
      expect(await tagsAt(away, repositoryName)).toEqual([
        [image.digest, ['b']],
        [index.digest, ['a']],
        [signature.digest, []],
      ])
      const { status, progress } = await resultsOf(client, id)
      expect([status, progress?.completedReplicationCount]).toEqual(['COMPLETE', 3])
      expect(await statusesOf(client, repositoryName, { imageTag: 'a' })).toEqual([
        { ...toAway, status: 'COMPLETE' },
      ])
    })

    it('copies what matches the rules of its destination only', async () => {
      const taken = await aRepository(client, { repositoryName: aName('team/app') })
      for (const name of [repositoryName, taken]) await anImage(client, name, { imageTag: 'v1' })
      const further = { region: 'ap-south-1', registryId: account }
      await configure(client, ruleTo([toAway], 'team/'), ruleTo([further]))
      await aBackfill(client, toAway)
      await finish(ecr)
      expect(await tagsAt(away, taken)).toHaveLength(1)
      expect(await tagsAt(away, repositoryName)).toBeUndefined()
      const there = ecr.client({ accessKeyId: account, region: 'ap-south-1' })
      expect(await tagsAt(there, taken)).toBeUndefined()
    })

    it('goes through more images than it copies in one go, and changes nothing the second time', async () => {
      for (let count = 0; count < 25; count += 1) await anImage(client, repositoryName)
      await configure(client, ruleTo([toAway]))
      const statuses: unknown[] = []
      for (let run = 0; run < 2; run += 1) {
        const id = await aBackfill(client, toAway)
        await finish(ecr)
        const { status, progress } = await resultsOf(client, id)
        statuses.push([status, progress?.completedReplicationCount])
      }
      expect(statuses).toEqual([
        ['COMPLETE', 25],
        ['COMPLETE', 25],
      ])
      expect(await tagsAt(away, repositoryName)).toHaveLength(25)
      const events = (await ecr.server.events()).filter(
        (event) => event.account === account && event.region === AWAY,
      )
      expect(events).toHaveLength(50)
    })

    it('is complete when there is nothing to copy', async () => {
      await configure(client, ruleTo([toAway]))
      const id = await aBackfill(client, toAway)
      await finish(ecr)
      expect(await resultsOf(client, id)).toMatchObject({
        status: 'COMPLETE',
        progress: { totalReplicationCount: 0 },
        results: [],
      })
    })

    it('fails when nothing could be copied', async () => {
      const toOther = { region: HOME, registryId: anAccount() }
      await anImage(client, repositoryName, { imageTag: 'v1' })
      await configure(client, ruleTo([toOther]))
      const id = await aBackfill(client, toOther)
      await finish(ecr)
      expect(await resultsOf(client, id)).toMatchObject({
        status: 'FAILED',
        failureCode: 'AccessDenied',
        progress: {
          totalReplicationCount: 1,
          completedReplicationCount: 0,
          failedReplicationCount: 1,
          failureCodes: ['AccessDenied'],
        },
      })
    })

    it('passes over an image that goes wrong five times, or that is deleted meanwhile', async () => {
      const torn = await anImage(client, repositoryName, { imageTag: 'torn' })
      const gone = await anImage(client, repositoryName, { imageTag: 'gone' })
      const whole = await anImage(client, repositoryName, { imageTag: 'whole' })
      await configure(client, ruleTo([toAway]))
      const id = await aBackfill(client, toAway)
      await arrive(ecr)
      loseManifest(data, torn.digest)
      tamper(data, 'DELETE FROM images WHERE digest = ?', gone.digest)
      for (const seconds of [1, 1, 2, 4, 8]) await ecr.server.clock({ advance: `PT${seconds}S` })
      const { status, progress, results } = await resultsOf(client, id)
      expect([status, progress?.failureCodes]).toEqual(['COMPLETE', ['ImageNotFound', 'InternalError']])
      expect(results?.map(({ imageId, failureCode }) => [imageId?.imageTag, failureCode])).toEqual([
        ['torn', 'InternalError'],
        ['gone', 'ImageNotFound'],
        ['whole', undefined],
      ])
      expect(await tagsAt(away, repositoryName)).toEqual([[whole.digest, ['whole']]])
    })

    it('fails when it cannot be prepared', async () => {
      await configure(client, ruleTo([toAway]))
      const id = await aBackfill(client, toAway)
      // A server remembers its settings.
      await ecr.restart(() =>
        tamper(data, "UPDATE registry_settings SET value = 'torn' WHERE account_id = ?", account),
      )
      for (const seconds of [1, 1, 2, 4, 8]) await ecr.server.clock({ advance: `PT${seconds}S` })
      const { status, failureCode, progress } = await resultsOf(ecr.client({ accessKeyId: account }), id)
      expect([status, failureCode, progress]).toEqual(['FAILED', 'InternalError', undefined])
    })

    it('goes on after a restart', async () => {
      await ecr.server.clock({ reset: true, frozen: true })
      await anImage(client, repositoryName, { imageTag: 'v1' })
      await configure(client, ruleTo([toAway]))
      await aBackfill(client, toAway)
      await arrive(ecr)
      await ecr.restart()
      await finish(ecr)
      expect(await tagsAt(ecr.client({ accessKeyId: account, region: AWAY }), repositoryName)).toHaveLength(1)
    })
  })
})
