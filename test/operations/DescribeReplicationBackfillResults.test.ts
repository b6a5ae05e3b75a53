import {
  DescribeReplicationBackfillResultsCommand,
  type ECRClient,
  PutImageCommand,
  type ReplicationDestination,
} from '@aws-sdk/client-ecr'
import { beforeEach, describe, expect, it } from 'vitest'
import { anImage, anIndex, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { allPages, altered } from '../support/pages.ts'
import { accessDenied, invalidParameter } from '../support/refusals.ts'
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
} from '../support/replication.ts'

const AWAY = 'us-east-1'

describe('DescribeReplicationBackfillResults', () => {
  const ecr = emulator({ quotas: { imagesPerRepository: 4 } })
  frozen(ecr)
  let account: string
  let client: ECRClient
  let destination: ReplicationDestination
  beforeEach(async () => {
    account = anAccount()
    client = ecr.client({ accessKeyId: account })
    destination = { region: AWAY, registryId: account }
    await configure(client, ruleTo([destination]))
  })

  const describeResults = (input: object, by = client) =>
    by.send(new DescribeReplicationBackfillResultsCommand({ replicationBackfillId: NO_BACKFILL, ...input }))

  /** A repository with an image of two tags and an index, whose other image finds the destination full. */
  async function halfCopied() {
    await configure(client)
    const repositoryName = await aRepository(client)
    const away = ecr.client({ accessKeyId: account, region: AWAY })
    await aRepository(away, { repositoryName })
    for (let count = 0; count < 3; count += 1) await anImage(away, repositoryName)
    const image = await anImage(client, repositoryName, { imageTag: 'v1' })
    await client.send(new PutImageCommand({ repositoryName, imageManifest: image.text, imageTag: 'v2' }))
    const child = await anImage(client, repositoryName)
    const index = await anIndex(client, repositoryName, [image, child], { imageTag: 'multi' })
    await configure(client, ruleTo([destination]))
    const id = await aBackfill(client, destination)
    await finish(ecr)
    const result = (imageDigest: string, imageTag?: string) => ({
      repositoryName,
      imageId: { imageDigest, ...(imageTag && { imageTag }) },
    })
    const complete = [result(image.digest, 'v1'), result(image.digest, 'v2')].map((one) => ({
      ...one,
      status: 'COMPLETE' as const,
    }))
    const failed = [
      { ...result(child.digest), status: 'FAILED' as const, failureCode: 'LimitExceeded' },
      {
        ...result(index.digest, 'multi'),
        status: 'FAILED' as const,
        failureCode: 'ReferencedImagesNotFound',
        subImageFailureCodes: ['LimitExceeded'],
      },
    ]
    return { id, complete, failed }
  }

  describe('validation', () => {
    it.each([
      ...invalidBackfillIds,
      ['maxResults', 'Member must have value greater than or equal to 1', { maxResults: 0 }],
      ['maxResults', 'Member must have value less than or equal to 1000', { maxResults: 1001 }],
      [
        'resultStatusFilter',
        'Member must satisfy enum value set: [COMPLETE, FAILED]',
        { resultStatusFilter: 'PENDING' },
      ],
      ['registryId', 'Member must satisfy regular expression pattern: [0-9]{12}', { registryId: '1' }],
    ])('%s: %s', async (member, constraint, input) => {
      await expect(describeResults(input)).rejects.toMatchObject(invalidParameter(member, constraint))
    })
  })

  describe('refusals', () => {
    it('knows no backfill of that id', async () => {
      await expect(describeResults({})).rejects.toMatchObject(backfillNotFound(account))
    })

    it('tells nobody of another account', async () => {
      const refused = accessDenied('ecr:DescribeReplicationBackfillResults', '*')
      await expect(describeResults({ registryId: account }, ecr.client())).rejects.toMatchObject(refused)
    })
  })

  describe('effects', () => {
    it('keeps the results until the backfill has ended', async () => {
      await anImage(client, await aRepository(client))
      const id = await aBackfill(client, destination)
      for (const status of ['PREPARING', 'IN_PROGRESS']) {
        const described = await resultsOf(client, id)
        expect([described.status, described.results, described.endedAt]).toEqual([
          status,
          undefined,
          undefined,
        ])
        await arrive(ecr)
      }
      expect((await resultsOf(client, id)).results).toHaveLength(1)
    })

    it('tells what became of each image and tag, all of them or by status', async () => {
      const { id, complete, failed } = await halfCopied()
      const described = await resultsOf(client, id)
      const { startedAt } = described
      const common = {
        registryId: account,
        replicationBackfillId: id,
        destination,
        status: 'COMPLETE',
        progress: {
          totalReplicationCount: 4,
          completedReplicationCount: 2,
          failedReplicationCount: 2,
          failureCodes: ['LimitExceeded', 'ReferencedImagesNotFound'],
        },
        startedAt,
        endedAt: new Date((startedAt?.getTime() ?? 0) + 2000),
      }
      expect(described).toEqual({ ...common, results: [...complete, ...failed] })
      expect(await resultsOf(client, id, { resultStatusFilter: 'COMPLETE' })).toEqual({
        ...common,
        results: complete,
      })
      expect(await resultsOf(client, id, { resultStatusFilter: 'FAILED' })).toEqual({
        ...common,
        results: failed,
      })
    })

    it('finds a backfill by its id in capital letters', async () => {
      const id = await aBackfill(client, destination)
      expect(await resultsOf(client, id.toUpperCase())).toMatchObject({ replicationBackfillId: id })
    })
  })

  describe('pagination', () => {
    it.each([
      [undefined, 3, [3, 1]],
      ['COMPLETE', 1, [1, 1]],
      ['FAILED', 2, [2]],
    ] as const)('lists those with the status %s by %i', async (resultStatusFilter, maxResults, sizes) => {
      const { id, complete, failed } = await halfCopied()
      const pages = await allPages(async (nextToken) => {
        const options = { maxResults, ...(resultStatusFilter && { resultStatusFilter }) }
        const page = await resultsOf(client, id, { ...options, ...(nextToken && { nextToken }) })
        return { items: page.results, nextToken: page.nextToken }
      })
      expect(pages.map(({ length }) => length)).toEqual(sizes)
      const wanted = [...complete, ...failed].filter(
        ({ status }) => (resultStatusFilter ?? status) === status,
      )
      expect(pages.flat()).toEqual(wanted)
    })

    it('refuses a token of another list', async () => {
      const { id } = await halfCopied()
      const { nextToken = '' } = await resultsOf(client, id, { maxResults: 1 })
      const refused = invalidParameter('nextToken', 'Invalid nextToken')
      const others = [{ nextToken: altered(nextToken) }, { nextToken, resultStatusFilter: 'FAILED' }]
      for (const other of others)
        await expect(describeResults({ replicationBackfillId: id, ...other })).rejects.toMatchObject(refused)
    })
  })
})
