import { StopReplicationBackfillCommand } from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it } from 'vitest'
import { dataDirectory, tamper } from '../support/data-directory.ts'
import { emulator } from '../support/emulator.ts'
import { fillRepository } from '../support/filled-repository.ts'
import {
  aBackfill,
  anAccount,
  arrive,
  configure,
  frozen,
  HOME,
  resultsOf,
  ruleTo,
} from '../support/replication.ts'

describe('the preparation of a replication backfill', async () => {
  const account = anAccount()
  const directory = dataDirectory()
  const registry = { accountId: account, region: HOME }
  // More than are looked at in one transaction, of which some have two tags, and one has none.
  const tagsOf = (index: number) =>
    index < 4 ? [`a${index}`, `b${index}`] : index === 4 ? [] : [`c${index}`]
  beforeAll(async () => {
    for (const [repositoryName, imageCount] of Object.entries({ app: 2003, empty: 0, 'team/app': 10 }))
      await fillRepository(directory.path, { registry, repositoryName, imageCount, tagsOf })
  })
  const ecr = emulator({ dataDir: directory.path })
  frozen(ecr)
  const destination = { region: 'us-east-1', registryId: account }

  it('counts each image once for each of its tags, also when it was cut short before', async () => {
    const client = ecr.client({ accessKeyId: account })
    await configure(client, ruleTo([destination]))
    const id = await aBackfill(client, destination)
    const left = `INSERT INTO replication_backfill_items (backfill_id, repository_name, digest, status)
      VALUES (?, 'app', 'sha256:0', 'COMPLETE')`
    tamper(directory, left, id)
    await arrive(ecr)
    expect(await resultsOf(client, id)).toMatchObject({
      status: 'IN_PROGRESS',
      progress: { totalReplicationCount: 2003 + 4 + 10 + 4, completedReplicationCount: 0 },
    })
    await client.send(new StopReplicationBackfillCommand({ replicationBackfillId: id }))
    expect((await resultsOf(client, id)).results).toEqual([])
  })
})
