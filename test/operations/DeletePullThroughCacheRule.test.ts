import {
  DeletePullThroughCacheRuleCommand,
  DescribePullThroughCacheRulesCommand,
  DescribeRepositoriesCommand,
  type ECRClient,
} from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it } from 'vitest'
import { aName, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { accessDenied, DEFAULT_ACCOUNT, invalidParameter } from '../support/refusals.ts'
import { aRule, ruleNotFound } from '../support/upstream.ts'

describe('DeletePullThroughCacheRule', () => {
  const ecr = emulator()
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })

  const remove = (ecrRepositoryPrefix: string, registryId?: string) =>
    client.send(new DeletePullThroughCacheRuleCommand({ ecrRepositoryPrefix, registryId }))

  it('says of a prefix: Member must have length greater than or equal to 2', async () => {
    const refused = invalidParameter(
      'ecrRepositoryPrefix',
      'Member must have length greater than or equal to 2',
    )
    await expect(remove('a')).rejects.toMatchObject(refused)
  })

  it('rejects a rule that is missing, also when a longer prefix has one', async () => {
    await aRule(client, { ecrRepositoryPrefix: 'team/quay' })
    await expect(remove('team')).rejects.toMatchObject(ruleNotFound)
  })

  it('lets no other account in', async () => {
    const refused = accessDenied('ecr:DeletePullThroughCacheRule', '*')
    await expect(remove('team', '111122223333')).rejects.toMatchObject(refused)
  })

  it('takes the rule away, answers with it, and leaves what it brought', async () => {
    const prefix = await aRule(client)
    const repositoryName = await aRepository(client, { repositoryName: aName(`${prefix}/app`) })
    const { body } = await ecr.call('DeletePullThroughCacheRule', { ecrRepositoryPrefix: `${prefix}/` })
    expect(body).toEqual({
      createdAt: expect.any(Number),
      ecrRepositoryPrefix: prefix,
      registryId: DEFAULT_ACCOUNT,
      upstreamRegistryUrl: 'quay.io',
      upstreamRepositoryPrefix: 'ROOT',
    })
    const described = client.send(
      new DescribePullThroughCacheRulesCommand({ ecrRepositoryPrefixes: [prefix] }),
    )
    await expect(described).rejects.toMatchObject(ruleNotFound)
    const { repositories } = await client.send(
      new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] }),
    )
    expect(repositories).toHaveLength(1)
    await aRule(client, { ecrRepositoryPrefix: prefix })
  })
})
