import {
  DescribeRegistryCommand,
  type ECRClient,
  PutReplicationConfigurationCommand,
  type ReplicationDestination,
} from '@aws-sdk/client-ecr'
import { beforeEach, describe, expect, it } from 'vitest'
import { authorizationOf, emulator } from '../support/emulator.ts'
import { invalidParameter } from '../support/refusals.ts'
import { anAccount, HOME, ruleTo } from '../support/replication.ts'

const OTHER = '210987654321'

describe('PutReplicationConfiguration', () => {
  const ecr = emulator()
  let account: string
  let client: ECRClient
  beforeEach(() => {
    account = anAccount()
    client = ecr.client({ accessKeyId: account })
  })

  const put = (replicationConfiguration: object | undefined, by = client) =>
    by.send(new PutReplicationConfigurationCommand({ replicationConfiguration } as never))
  const read = async (by = client) =>
    (await by.send(new DescribeRegistryCommand({}))).replicationConfiguration

  /** So many different registries. */
  const destinations = (count: number): ReplicationDestination[] =>
    Array.from({ length: count }, (_, index) => ({ region: `us-east-${index + 1}`, registryId: OTHER }))

  describe('validation', () => {
    const rule = (members: object) => ({ rules: [{ ...ruleTo([]), ...members }] })
    const to = (members: object) => rule({ destinations: [{ region: HOME, registryId: OTHER, ...members }] })
    const filter = (members: object) =>
      rule({ repositoryFilters: [{ filterType: 'PREFIX_MATCH', filter: 'ab', ...members }] })

    it.each([
      ['', 'Member must not be null', undefined],
      ['.rules', 'Member must not be null', {}],
      ['.rules', 'Member must have length less than or equal to 25', { rules: Array(26).fill(ruleTo([])) }],
      ['.rules.1.member.destinations', 'Member must not be null', rule({ destinations: undefined })],
      [
        '.rules.1.member.destinations',
        'Member must have length less than or equal to 100',
        rule({ destinations: destinations(101) }),
      ],
      ['.rules.1.member.destinations.1.member.region', 'Member must not be null', to({ region: undefined })],
      [
        '.rules.1.member.destinations.1.member.region',
        'Member must satisfy regular expression pattern: [0-9a-z-]{2,25}',
        to({ region: 'EU' }),
      ],
      [
        '.rules.1.member.destinations.1.member.registryId',
        'Member must satisfy regular expression pattern: [0-9]{12}',
        to({ registryId: '1' }),
      ],
      [
        '.rules.1.member.repositoryFilters',
        'Member must have length greater than or equal to 1',
        rule({ repositoryFilters: [] }),
      ],
      [
        '.rules.1.member.repositoryFilters.1.member.filter',
        'Member must have length greater than or equal to 2',
        filter({ filter: 'a' }),
      ],
      [
        '.rules.1.member.repositoryFilters.1.member.filter',
        'Member must satisfy regular expression pattern: ^(?:[a-z0-9]+(?:[._-][a-z0-9]*)*/)*[a-z0-9]*(?:[._-][a-z0-9]*)*$',
        filter({ filter: 'team/*' }),
      ],
      [
        '.rules.1.member.repositoryFilters.1.member.filterType',
        'Member must satisfy enum value set: [PREFIX_MATCH]',
        filter({ filterType: 'WILDCARD' }),
      ],
    ])('replicationConfiguration%s: %s', async (member, constraint, configuration) => {
      const refused = invalidParameter(`replicationConfiguration${member}`, constraint)
      await expect(put(configuration)).rejects.toMatchObject(refused)
    })
  })

  describe('refusals', () => {
    it('refuses the registry itself as a destination, in any rule, and keeps what was configured', async () => {
      const before = { rules: [ruleTo([{ region: 'us-east-1', registryId: account }])] }
      await put(before)
      const own = { region: HOME, registryId: account }
      const refused = invalidParameter(
        'replicationConfiguration',
        'Replication destination cannot be the same as the source registry',
      )
      const configuration = { rules: [...before.rules, ruleTo([...destinations(2), own])] }
      await expect(put(configuration)).rejects.toMatchObject(refused)
      expect(await read()).toEqual(before)
    })

    it.each([
      ['cn-north-1', HOME],
      ['us-gov-west-1', HOME],
      [HOME, 'cn-north-1'],
    ])('refuses %s as a destination of %s: another partition', async (region, from) => {
      const refused = invalidParameter('replicationConfiguration', `Invalid region '${region}'`)
      const by = ecr.client({ accessKeyId: account, region: from })
      const configuration = { rules: [ruleTo([{ region, registryId: OTHER }])] }
      await expect(put(configuration, by)).rejects.toMatchObject(refused)
    })

    it.each([
      ['rules', { rules: Array(11).fill(ruleTo(destinations(1))) }, '10 rules'],
      [
        'destinations',
        { rules: [ruleTo(destinations(13)), ruleTo(destinations(26).slice(13))] },
        '25 unique destinations',
      ],
    ])('refuses too many %s', async (_, configuration, limit) => {
      const refused = invalidParameter(
        'replicationConfiguration',
        `Replication configuration cannot have more than ${limit}`,
      )
      await expect(put(configuration)).rejects.toMatchObject(refused)
    })
  })

  describe('effects', () => {
    it.each([
      ['no rules', []],
      ['a rule without destinations', [ruleTo([])]],
      ['another region and another account', [ruleTo([{ region: HOME, registryId: OTHER }]), ruleTo([])]],
      ['filters', [ruleTo(destinations(1), 'team-a/', 'prod')]],
      ['as many rules and destinations as there may be', Array(10).fill(ruleTo(destinations(25)))],
    ])('answers with the configuration and keeps it: %s', async (_, rules) => {
      expect((await put({ rules })).replicationConfiguration).toEqual({ rules })
      expect(await read()).toEqual({ rules })
    })

    it('keeps whether deletions are replicated', async () => {
      const headers = { authorization: authorizationOf(account, HOME) }
      const rule = (enabled: boolean) => ({ ...ruleTo(destinations(1)), deleteReplication: { enabled } })
      const replicationConfiguration = { rules: [rule(true), rule(false)] }
      const { body } = await ecr.call('PutReplicationConfiguration', { replicationConfiguration }, headers)
      expect(body).toEqual({ replicationConfiguration })
      const described = await ecr.call('DescribeRegistry', {}, headers)
      expect(described.body).toEqual({ registryId: account, replicationConfiguration })
    })

    it('replaces what was configured, of its own registry only', async () => {
      const abroad = ecr.client({ accessKeyId: account, region: 'us-east-9' })
      await put({ rules: [ruleTo(destinations(2))] })
      await put({ rules: [ruleTo(destinations(3))] }, abroad)
      await put({ rules: [] })
      expect(await read()).toEqual({ rules: [] })
      expect(await read(abroad)).toEqual({ rules: [ruleTo(destinations(3))] })
    })
  })
})
