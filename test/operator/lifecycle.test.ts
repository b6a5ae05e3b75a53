import { type ECRClient, PutLifecyclePolicyCommand } from '@aws-sdk/client-ecr'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Rule } from '../../src/lifecycle/policy.ts'
import { aName, anImage, anIndex, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { archive, expire, policyText } from '../support/lifecycle.ts'
import { operate } from '../support/operator.ts'
import { DEFAULT_ACCOUNT } from '../support/refusals.ts'

describe('POST /_ecr-local/lifecycle', () => {
  const ecr = emulator()
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })
  afterEach(async () => {
    await ecr.server.reset()
  })

  const post = (body?: unknown) => operate(ecr, 'POST', 'lifecycle', body)

  async function withPolicy(repositoryName: string, rules: Rule[], by = client): Promise<string> {
    await aRepository(by, { repositoryName })
    const lifecyclePolicyText = policyText(...rules)
    await by.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText }))
    return repositoryName
  }

  it.each([
    [{ dryRun: 'yes' }, '✖ Invalid input: expected boolean, received string\n  → at dryRun'],
    [{ repositoryName: 'a' }, '✖ Unrecognized key: "repositoryName"'],
    [
      { registry: 'eu-west-1' },
      '"registry" is "<account>/<region>", such as "000000000000/us-east-1"; got "eu-west-1"',
    ],
    [{ repository: 'not-here' }, 'There is no repository "not-here" with a lifecycle policy'],
  ])('refuses %j', async (body, error) => {
    expect(await post(body)).toEqual({ status: 400, body: { error } })
  })

  it('refuses a repository that has no policy', async () => {
    await aRepository(client, { repositoryName: 'plain' })
    expect(await post({ repository: 'plain' })).toEqual({
      status: 400,
      body: { error: 'There is no repository "plain" with a lifecycle policy' },
    })
  })

  it('does what policies say, and reports it', async () => {
    await ecr.server.clock({ now: '2027-01-01T00:00:00Z', frozen: true })
    const repositoryName = await withPolicy(aName(), [expire(4, { tagPrefixList: ['v'] })])
    const old = await anImage(client, repositoryName, { imageTag: 'v1' })
    await anImage(client, repositoryName, { imageTag: 'v2' })
    await anImage(client, repositoryName)
    expect(await post()).toEqual({
      status: 200,
      body: [
        {
          registry: `${DEFAULT_ACCOUNT}/eu-west-1`,
          repositoryName,
          evaluatedAt: '2027-01-01T00:00:00.000Z',
          imageCount: 3,
          actions: [{ imageDigest: old.digest, imageTags: ['v1'], action: 'EXPIRE', rulePriority: 4 }],
          failures: [],
        },
      ],
    })
    expect((await post()).body).toMatchObject([{ imageCount: 2, actions: [] }])
  })

  it('explains every image in a dry run, and changes nothing', async () => {
    await ecr.server.clock({ frozen: true })
    const repositoryName = await withPolicy(aName(), [
      expire(1, { tagPrefixList: ['v'] }),
      archive(2, { tagPrefixList: ['multi'], countType: 'sinceImagePulled', countNumber: 30 }),
      expire(3, { tagStatus: 'untagged' }),
    ])
    const old = await anImage(client, repositoryName, { imageTag: 'v1' })
    const young = await anImage(client, repositoryName, { imageTag: 'v2' })
    const child = await anImage(client, repositoryName)
    const index = await anIndex(client, repositoryName, [child], { imageTag: 'multi' })
    const other = await anImage(client, repositoryName)
    const dryRun = await post({ dryRun: true, repository: repositoryName })

    const noTag = (prefix: string) => `no tag begins with '${prefix}'`
    const none = (rulePriority: number, reason: string) => ({ rulePriority, verdict: 'notSelected', reason })
    const place = (number: number) => `it is number ${number} of 2, youngest first, and 1 stay`
    const [report] = dryRun.body
    expect(report.images).toEqual([
      {
        imageDigest: old.digest,
        imageTags: ['v1'],
        action: 'EXPIRE',
        rulePriority: 1,
        rules: [
          { rulePriority: 1, verdict: 'acts', reason: place(2) },
          none(2, noTag('multi')),
          none(3, 'it has tags'),
        ],
      },
      {
        imageDigest: young.digest,
        imageTags: ['v2'],
        rulePriority: 1,
        rules: [
          { rulePriority: 1, verdict: 'keeps', reason: place(1) },
          none(2, noTag('multi')),
          none(3, 'it has tags'),
        ],
      },
      {
        imageDigest: child.digest,
        imageTags: [],
        action: 'EXPIRE',
        rulePriority: 3,
        rules: [
          none(1, 'it has no tags'),
          none(2, 'it has no tags'),
          { rulePriority: 3, verdict: 'acts', reason: place(2) },
        ],
      },
      {
        imageDigest: index.digest,
        imageTags: ['multi'],
        rulePriority: 2,
        rules: [
          none(1, noTag('v')),
          { rulePriority: 2, verdict: 'keeps', reason: 'it was pushed 0.0 days ago, not more than 30' },
          none(3, 'it has tags'),
        ],
      },
      {
        imageDigest: other.digest,
        imageTags: [],
        rulePriority: 3,
        rules: [
          none(1, 'it has no tags'),
          none(2, 'it has no tags'),
          { rulePriority: 3, verdict: 'keeps', reason: place(1) },
        ],
      },
    ])
    expect(report).toMatchObject({
      actions: [{ imageDigest: old.digest }],
      failures: [
        {
          imageDigest: child.digest,
          failureCode: 'ImageReferencedByManifestList',
          failureReason: `Requested image referenced by manifest list: [${index.digest}]`,
        },
      ],
    })

    expect((await ecr.call('ListImages', { repositoryName })).body.imageIds).toHaveLength(5)
    const { body } = await ecr.call('GetLifecyclePolicy', { repositoryName })
    expect(body.lastEvaluatedAt).toBe(0)
  })

  it('explains an image that no rule selects', async () => {
    const repositoryName = await withPolicy(aName(), [expire(1, { tagPrefixList: ['v'] })])
    const image = await anImage(client, repositoryName, { imageTag: 'latest' })
    const [report] = await ecr.server.lifecycle({ dryRun: true })
    expect(report?.images).toEqual([
      {
        imageDigest: image.digest,
        imageTags: ['latest'],
        rules: [{ rulePriority: 1, verdict: 'notSelected', reason: "no tag begins with 'v'" }],
      },
    ])
  })

  describe('with a choice', () => {
    const other = { accountId: '111122223333', region: 'us-west-2' }
    const names = (reports: { registry: string; repositoryName: string }[]) =>
      reports.map(({ registry, repositoryName }) => `${registry}/${repositoryName}`)
    const [ours, ourOther, theirs] = [
      `${DEFAULT_ACCOUNT}/eu-west-1/one`,
      `${DEFAULT_ACCOUNT}/eu-west-1/two`,
      `${other.accountId}/${other.region}/one`,
    ]

    it.each([
      [{}, [ours, ourOther, theirs]],
      [{ repository: 'one' }, [ours, theirs]],
      [{ registry: `${other.accountId}/${other.region}` }, [theirs]],
      [{ registry: `${DEFAULT_ACCOUNT}/eu-west-1`, repository: 'two' }, [ourOther]],
      [{ registry: `${DEFAULT_ACCOUNT}/us-west-2` }, []],
    ])('%j evaluates %j', async (question, evaluated) => {
      await withPolicy('one', [expire(1, {})])
      await withPolicy('two', [expire(1, {})])
      await withPolicy('one', [expire(1, {})], ecr.client({ accessKeyId: other.accountId, ...other }))
      expect(names((await post(question)).body)).toEqual(evaluated)
    })

    it('is a method of the server', async () => {
      await withPolicy('one', [expire(1, {})])
      await withPolicy('one', [expire(1, {})], ecr.client({ accessKeyId: other.accountId, ...other }))
      expect(names(await ecr.server.lifecycle())).toEqual([ours, theirs])
      expect(names(await ecr.server.lifecycle({ registry: other, repository: 'one' }))).toEqual([theirs])
      await expect(ecr.server.lifecycle({ repository: 'two' })).rejects.toThrow(
        'There is no repository "two" with a lifecycle policy',
      )
    })

    it('goes through more repositories than are read at once', async () => {
      for (let index = 0; index < 101; index += 1) await withPolicy(`repository-${index}`, [expire(1, {})])
      expect(await ecr.server.lifecycle()).toHaveLength(101)
    })
  })
})
