import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DescribeImageScanFindingsCommand,
  DescribeRepositoriesCommand,
  type ECRClient,
  GetRepositoryPolicyCommand,
  ListTagsForResourceCommand,
  PutImageCommand,
  PutRegistryPolicyCommand,
  type ReplicationDestination,
  SetRepositoryPolicyCommand,
  UpdateImageStorageClassCommand,
} from '@aws-sdk/client-ecr'
import { beforeEach, describe, expect, it } from 'vitest'
import { aName, anImage, anIndex, aRepository, type Descriptor, sha512 } from '../support/content.ts'
import { dataDirectory, loseManifest, tamper } from '../support/data-directory.ts'
import { emulator } from '../support/emulator.ts'
import { registryClient } from '../support/registry.ts'
import {
  anAccount,
  arrive,
  configure,
  configureDeletion,
  frozen,
  HOME,
  imagesAt,
  ruleTo,
  statusesOf,
  tagsAt,
} from '../support/replication.ts'
import { pushSha512Image } from '../support/sha512.ts'
import { aTemplate, POLICY, PRINTED_POLICY } from '../support/templates.ts'

const AWAY = 'us-east-1'
const FURTHER = 'ap-south-1'
const BOTH = ['ecr:ReplicateImage', 'ecr:CreateRepository']

describe('replication', () => {
  const ecr = emulator({ quotas: { imagesPerRepository: 4, tagsPerImage: 2 } })
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

  const remove = (...imageIds: { imageTag?: string; imageDigest?: string }[]) =>
    client.send(new BatchDeleteImageCommand({ repositoryName, imageIds }))
  /** Gives an image that is there another tag. */
  const rename = (by: ECRClient, imageManifest: string | undefined, imageTag: string) =>
    by.send(new PutImageCommand({ repositoryName, imageManifest, imageTag }))
  /** Fills the repository at the destination up to its quota. */
  async function fillAway() {
    await aRepository(away, { repositoryName })
    for (let count = 0; count < 4; count += 1) await anImage(away, repositoryName)
  }
  /** Sets a registry policy of one statement. */
  const letIn = (owner: ECRClient, statement: object) => {
    const policyText = JSON.stringify({ Version: '2012-10-17', Statement: [{ Sid: 'one', ...statement }] })
    return owner.send(new PutRegistryPolicyCommand({ policyText }))
  }
  const subjectOf = ({ mediaType, digest, size }: Descriptor) => ({ mediaType, digest, size })

  describe('of what is pushed', () => {
    it.each(['the API', '/v2/'])(
      'by %s brings image and tag to every destination, to be pulled',
      async (door) => {
        await configure(client, ruleTo([toAway, { region: FURTHER, registryId: account }]))
        const image =
          door === '/v2/'
            ? await registryClient(ecr, { accessKeyId: account }).pushImage(repositoryName, 'v1')
            : await anImage(client, repositoryName, { imageTag: 'v1' })
        expect(await imagesAt(away, repositoryName)).toBeUndefined()

        await ecr.server.clock({ advance: 'PT2S' })
        for (const region of [AWAY, FURTHER]) {
          const there = registryClient(ecr, { accessKeyId: account, region })
          const pulled = await there.send(`/v2/${repositoryName}/manifests/v1`)
          expect([pulled.headers.get('content-type'), await pulled.text()]).toEqual([
            image.mediaType,
            image.text,
          ])
          for (const { digest, size } of [image.config, ...image.layers])
            expect((await there.getBlob(repositoryName, digest)).length).toBe(size)

          const [here] = (await imagesAt(client, repositoryName)) ?? []
          const { imagePushedAt, ...facts } = here ?? {}
          const [copy] = (await imagesAt(ecr.client({ accessKeyId: account, region }), repositoryName)) ?? []
          expect(copy).toMatchObject(facts)
          expect(copy?.imagePushedAt?.getTime()).toBe((imagePushedAt?.getTime() ?? 0) + 2000)
        }
      },
    )

    it('brings an image of SHA-512', async () => {
      await configure(client, ruleTo([toAway]))
      const image = await pushSha512Image(registryClient(ecr, { accessKeyId: account }), repositoryName)
      await arrive(ecr)
      const there = registryClient(ecr, { accessKeyId: account, region: AWAY })
      const pulled = await there.send(`/v2/${repositoryName}/manifests/${image.digest}`)
      expect(await pulled.text()).toBe(image.text)
      for (const { digest } of image.layers)
        expect(sha512(await there.getBlob(repositoryName, digest))).toBe(digest)
    })

    it.each([
      [[], ['team-a/app', 'prod', 'team-ab']],
      [['team-a'], ['team-a/app', 'team-ab']],
      [
        ['team-a/', 'prod'],
        ['team-a/app', 'prod'],
      ],
      [['app'], []],
    ])('with the filters %j takes the repositories %j', async (filters, taken) => {
      await configure(client, ruleTo([toAway], ...filters))
      for (const name of ['team-a/app', 'prod', 'team-ab'])
        await anImage(client, await aRepository(client, { repositoryName: name }))
      await arrive(ecr)
      const { repositories = [] } = await away.send(new DescribeRepositoriesCommand({}))
      expect(repositories.map((one) => one.repositoryName).sort()).toEqual([...taken].sort())
    })

    it('goes to a destination once, though several rules name it', async () => {
      await configure(client, ruleTo([toAway, toAway]), ruleTo([toAway], repositoryName))
      const { digest } = await anImage(client, repositoryName)
      await arrive(ecr)
      expect(await tagsAt(away, repositoryName)).toEqual([[digest, []]])
      expect(await statusesOf(client, repositoryName, { imageDigest: digest })).toHaveLength(1)
    })

    it('begins with the configuration, and ends with it', async () => {
      await anImage(client, repositoryName, { imageTag: 'before' })
      await configure(client, ruleTo([toAway]))
      const { digest } = await anImage(client, repositoryName, { imageTag: 'during' })
      await configure(client)
      await anImage(client, repositoryName, { imageTag: 'after' })
      await arrive(ecr)
      expect(await tagsAt(away, repositoryName)).toEqual([[digest, ['during']]])
    })

    it('brings an older image with a new tag of it, and with what refers to it', async () => {
      const image = await anImage(client, repositoryName, { imageTag: 'old' })
      const signature = await anImage(client, repositoryName, { subject: subjectOf(image) })
      const ofSignature = await anImage(client, repositoryName, { subject: subjectOf(signature) })
      await configure(client, ruleTo([toAway]))
      await rename(client, image.text, 'new')
      await arrive(ecr)
      expect(await tagsAt(away, repositoryName)).toEqual([
        [image.digest, ['new']],
        [signature.digest, []],
        [ofSignature.digest, []],
      ])
    })

    it('brings the children of an index before it, at any depth', async () => {
      const child = await anImage(client, repositoryName)
      const inner = await anIndex(client, repositoryName, [child])
      await configure(client, ruleTo([toAway]))
      const outer = await anIndex(client, repositoryName, [inner, child], { imageTag: 'multi' })
      await arrive(ecr)
      expect(await tagsAt(away, repositoryName)).toEqual([
        [child.digest, []],
        [inner.digest, []],
        [outer.digest, ['multi']],
      ])
      const deleted = new BatchDeleteImageCommand({
        repositoryName,
        imageIds: [{ imageDigest: child.digest }],
      })
      const { failures } = await away.send(deleted)
      expect(failures).toMatchObject([{ failureCode: 'ImageReferencedByManifestList' }])
    })

    it('moves a tag, to where it points at last', async () => {
      await configure(client, ruleTo([toAway]))
      const first = await anImage(client, repositoryName, { imageTag: 'latest' })
      await arrive(ecr)
      const second = await anImage(client, repositoryName, { imageTag: 'latest' })
      const third = await anImage(client, repositoryName, { imageTag: 'latest' })
      await arrive(ecr)
      expect(await tagsAt(away, repositoryName)).toEqual([
        [first.digest, []],
        [second.digest, []],
        [third.digest, ['latest']],
      ])
    })

    it('leaves out what was deleted before it could go', async () => {
      await configure(client, ruleTo([toAway]))
      await anImage(client, repositoryName, { imageTag: 'gone' })
      await remove({ imageTag: 'gone' })
      await arrive(ecr)
      expect(await imagesAt(away, repositoryName)).toBeUndefined()
    })

    it('goes no further than one registry', async () => {
      await configure(client, ruleTo([toAway]))
      await configure(away, ruleTo([{ region: FURTHER, registryId: account }]))
      await anImage(client, repositoryName, { imageTag: 'v1' })
      const own = await anImage(away, await aRepository(away, { repositoryName }), { imageTag: 'own' })
      await ecr.server.clock({ advance: 'PT1M' })
      const further = ecr.client({ accessKeyId: account, region: FURTHER })
      expect(await tagsAt(further, repositoryName)).toEqual([[own.digest, ['own']]])
    })

    it('goes there and back between two registries that replicate to each other', async () => {
      await configure(client, ruleTo([toAway]))
      await configure(away, ruleTo([{ region: HOME, registryId: account }]))
      await away.send(new CreateRepositoryCommand({ repositoryName }))
      const here = await anImage(client, repositoryName, { imageTag: 'here' })
      const there = await anImage(away, repositoryName, { imageTag: 'there' })
      await arrive(ecr)
      for (const one of [client, away])
        expect(new Map(await tagsAt(one, repositoryName))).toEqual(
          new Map([
            [here.digest, ['here']],
            [there.digest, ['there']],
          ]),
        )
    })

    it('survives a reset of the destination, and not one of the source', async () => {
      await configure(client, ruleTo([toAway]))
      await anImage(client, repositoryName, { imageTag: 'v1' })
      await ecr.server.reset({ accountId: account, region: AWAY })
      await arrive(ecr)
      expect(await imagesAt(away, repositoryName)).toHaveLength(1)

      await anImage(client, repositoryName, { imageTag: 'v2' })
      await ecr.server.reset({ accountId: account, region: HOME })
      await arrive(ecr)
      expect(await imagesAt(away, repositoryName)).toHaveLength(1)
    })
  })

  describe('of what is restored from the archive', () => {
    const archive = (targetStorageClass: 'ARCHIVE' | 'STANDARD', imageTag: string, by = client) =>
      by.send(
        new UpdateImageStorageClassCommand({ repositoryName, imageId: { imageTag }, targetStorageClass }),
      )

    it('brings it with all of its tags', async () => {
      const { digest, text } = await anImage(client, repositoryName, { imageTag: 'a' })
      await rename(client, text, 'b')
      await archive('ARCHIVE', 'a')
      await configure(client, ruleTo([toAway]))
      await archive('STANDARD', 'a')
      await ecr.server.clock({ advance: 'PT20M' })
      await arrive(ecr)
      expect(await tagsAt(away, repositoryName)).toEqual([[digest, ['a', 'b']]])
    })

    it('restores what is archived at the destination', async () => {
      await configure(client, ruleTo([toAway]))
      const { text } = await anImage(client, repositoryName, { imageTag: 'a' })
      await arrive(ecr)
      await archive('ARCHIVE', 'a', away)
      await rename(client, text, 'b')
      await arrive(ecr)
      expect(await imagesAt(away, repositoryName)).toMatchObject([
        { imageStatus: 'ACTIVE', imageTags: ['a', 'b'] },
      ])
    })
  })

  describe('into a repository', () => {
    it('that is missing makes it with the defaults: settings do not come along', async () => {
      repositoryName = await aRepository(client, {
        imageTagMutability: 'IMMUTABLE',
        imageScanningConfiguration: { scanOnPush: true },
        encryptionConfiguration: { encryptionType: 'KMS' },
        tags: [{ Key: 'team', Value: 'a' }],
      })
      await configure(client, ruleTo([toAway]))
      await anImage(client, repositoryName)
      await arrive(ecr)
      const { repositories = [] } = await away.send(new DescribeRepositoriesCommand({}))
      expect(repositories).toMatchObject([
        {
          repositoryName,
          imageTagMutability: 'MUTABLE',
          imageScanningConfiguration: { scanOnPush: false },
          encryptionConfiguration: { encryptionType: 'AES256' },
        },
      ])
      const resourceArn = repositories[0]?.repositoryArn
      expect((await away.send(new ListTagsForResourceCommand({ resourceArn }))).tags).toEqual([])
    })

    it('that is missing makes it by the template for replication', async () => {
      const tags = [{ Key: 'team', Value: 'a' }]
      repositoryName = await aRepository(client, { repositoryName: aName('team/app') })
      const appliedFor = ['REPLICATION'] as const
      await aTemplate(away, { prefix: 'team/app', appliedFor: ['CREATE_ON_PUSH', 'PULL_THROUGH_CACHE'] })
      await aTemplate(away, {
        prefix: 'team',
        appliedFor: [...appliedFor],
        imageTagMutability: 'IMMUTABLE',
        repositoryPolicy: JSON.stringify(POLICY),
        resourceTags: tags,
        customRoleArn: `arn:aws:iam::${account}:role/templates`,
      })
      await configure(client, ruleTo([toAway]))
      await anImage(client, repositoryName)
      await arrive(ecr)
      const { repositories = [] } = await away.send(new DescribeRepositoriesCommand({}))
      expect(repositories).toMatchObject([{ repositoryName, imageTagMutability: 'IMMUTABLE' }])
      const { policyText } = await away.send(new GetRepositoryPolicyCommand({ repositoryName }))
      expect(policyText).toBe(PRINTED_POLICY)
      const resourceArn = repositories[0]?.repositoryArn
      expect((await away.send(new ListTagsForResourceCommand({ resourceArn }))).tags).toEqual(tags)
    })

    it('that is scanned on push has the image scanned', async () => {
      await aRepository(away, { repositoryName, imageScanningConfiguration: { scanOnPush: true } })
      await configure(client, ruleTo([toAway]))
      await anImage(client, repositoryName, { imageTag: 'v1' })
      await ecr.server.clock({ advance: 'PT1M' })
      const imageId = { imageTag: 'v1' }
      const findings = new DescribeImageScanFindingsCommand({ repositoryName, imageId })
      expect(await away.send(findings)).toMatchObject({ imageScanStatus: { status: 'COMPLETE' } })
    })

    it.each([
      ['MUTABLE', [], ['v1', 'dev']],
      ['IMMUTABLE', [], []],
      ['IMMUTABLE_WITH_EXCLUSION', ['dev*'], ['dev']],
      ['MUTABLE_WITH_EXCLUSION', ['dev*'], ['v1']],
    ] as const)(
      'that is %s with the filters %j takes over the tags %j',
      async (mutability, filters, moved) => {
        const imageTagMutabilityExclusionFilters = filters.map((filter) => ({
          filterType: 'WILDCARD' as const,
          filter,
        }))
        const exclusions = filters.length > 0 ? { imageTagMutabilityExclusionFilters } : {}
        await aRepository(away, { repositoryName, imageTagMutability: mutability, ...exclusions })
        const theirs = await anImage(away, repositoryName, { imageTag: 'v1' })
        await rename(away, theirs.text, 'dev')
        await configure(client, ruleTo([toAway]))
        const ours = await anImage(client, repositoryName, { imageTag: 'v1' })
        await rename(client, ours.text, 'dev')
        await arrive(ecr)

        const kept = ['dev', 'v1'].filter((tag) => !(moved as readonly string[]).includes(tag))
        expect(await tagsAt(away, repositoryName)).toEqual([
          [theirs.digest, kept],
          [ours.digest, [...moved].sort()],
        ])
        expect(await statusesOf(client, repositoryName, { imageTag: 'v1' })).toMatchObject([
          { status: 'COMPLETE' },
        ])
      },
    )

    it.each([
      [
        'of images',
        async () => {
          await fillAway()
          return anImage(client, repositoryName, { imageTag: 'v1' })
        },
      ],
      [
        'of tags of the image',
        async () => {
          const image = await anImage(client, repositoryName, { imageTag: 'v1' })
          await arrive(ecr)
          await rename(away, image.text, 'v2')
          await rename(client, image.text, 'v3')
          return image
        },
      ],
    ])('that is full %s fails', async (_, push) => {
      await configure(client, ruleTo([toAway]))
      const { digest } = await push()
      await arrive(ecr)
      expect(await statusesOf(client, repositoryName, { imageDigest: digest })).toEqual([
        { ...toAway, status: 'FAILED', failureCode: 'LimitExceeded' },
      ])
    })

    it('fails an index of which a child does not fit in', async () => {
      const child = await anImage(client, repositoryName)
      await fillAway()
      await configure(client, ruleTo([toAway]))
      const index = await anIndex(client, repositoryName, [child])
      await arrive(ecr)
      const failed = (failureCode: string) => [{ ...toAway, status: 'FAILED', failureCode }]
      expect(await statusesOf(client, repositoryName, { imageDigest: child.digest })).toEqual(
        failed('LimitExceeded'),
      )
      expect(await statusesOf(client, repositoryName, { imageDigest: index.digest })).toEqual(
        failed('ReferencedImagesNotFound'),
      )
    })
  })

  describe('into another account', () => {
    let other: string
    let owner: ECRClient
    beforeEach(async () => {
      other = anAccount()
      owner = ecr.client({ accessKeyId: other })
      await configure(client, ruleTo([{ region: HOME, registryId: other }]))
    })

    const allow = (Action: string[], AWS = `arn:aws:iam::${account}:root`, repositories = '*') =>
      letIn(owner, {
        Effect: 'Allow',
        Principal: { AWS },
        Action,
        Resource: `arn:aws:ecr:${HOME}:${other}:repository/${repositories}`,
      })
    async function pushed() {
      await anImage(client, repositoryName, { imageTag: 'v1' })
      await arrive(ecr)
      const [status] = (await statusesOf(client, repositoryName, { imageTag: 'v1' })) ?? []
      return {
        status: status?.failureCode ?? status?.status,
        copies: (await imagesAt(owner, repositoryName))?.length,
      }
    }
    const denied = { status: 'AccessDenied', copies: undefined }

    it('is let in by the registry policy of that account', async () => {
      await allow(BOTH)
      expect(await pushed()).toEqual({ status: 'COMPLETE', copies: 1 })
    })

    it.each([
      ['without a policy', async () => {}],
      ['that may replicate, but not make the repository', () => allow(['ecr:ReplicateImage'])],
      ['that may make the repository, but not replicate', () => allow(['ecr:CreateRepository'])],
      ['with a policy for a third account', () => allow(BOTH, 'arn:aws:iam::333344445555:root')],
      ['with a policy for other repositories', () => allow(BOTH, undefined, 'others/*')],
    ])('is denied to one %s', async (_, decide) => {
      await decide()
      expect(await pushed()).toEqual(denied)
    })

    it('needs no permission to make a repository that is there', async () => {
      await aRepository(owner, { repositoryName })
      await allow(['ecr:ReplicateImage'])
      expect(await pushed()).toEqual({ status: 'COMPLETE', copies: 1 })
    })

    it('is a matter of the registry, not of a repository', async () => {
      await aRepository(owner, { repositoryName })
      const Statement = [{ Effect: 'Allow', Principal: '*', Action: 'ecr:ReplicateImage' }]
      const policyText = JSON.stringify({ Version: '2012-10-17', Statement })
      await owner.send(new SetRepositoryPolicyCommand({ repositoryName, policyText }))
      expect(await pushed()).toEqual({ status: 'AccessDenied', copies: 0 })
    })

    it('comes with the next push once it is let in', async () => {
      expect(await pushed()).toEqual(denied)
      await allow(BOTH)
      const [image] = (await imagesAt(client, repositoryName)) ?? []
      const imageIds = [{ imageDigest: image?.imageDigest }]
      const { images = [] } = await client.send(new BatchGetImageCommand({ repositoryName, imageIds }))
      const imageManifest = images[0]?.imageManifest
      await rename(client, imageManifest, 'v2')
      await arrive(ecr)
      expect(await tagsAt(owner, repositoryName)).toEqual([[image?.imageDigest, ['v2']]])
    })
  })

  describe('of deletions', () => {
    const withDeletion = (enabled: boolean) =>
      configureDeletion(ecr, { accountId: account }, enabled, ruleTo([toAway]))

    /** An image that has two tags here and there. */
    async function twoTags() {
      const { digest, text } = await anImage(client, repositoryName, { imageTag: 'a' })
      await rename(client, text, 'b')
      await arrive(ecr)
      return { digest, text }
    }

    it.each([
      ['enabled', true, [['a']]],
      ['disabled', false, [['a', 'b']]],
    ])('follows a tag when it is %s', async (_, enabled, left) => {
      await withDeletion(enabled)
      await twoTags()
      await remove({ imageTag: 'b' })
      await arrive(ecr)
      expect((await tagsAt(away, repositoryName))?.map(([, tags]) => tags)).toEqual(left)
    })

    it.each([
      ['by its digest', ({ digest }: { digest: string }) => [{ imageDigest: digest }]],
      ['by its last tag', () => [{ imageTag: 'a' }, { imageTag: 'b' }]],
    ])('follows an image that is deleted %s', async (_, named) => {
      await withDeletion(true)
      const image = await twoTags()
      await remove(...named(image))
      await arrive(ecr)
      expect(await tagsAt(away, repositoryName)).toEqual([])
    })

    it('stays away when no rule says so', async () => {
      await configure(client, ruleTo([toAway]))
      const { digest } = await twoTags()
      await configureDeletion(ecr, { accountId: account }, true, ruleTo([toAway], 'others'))
      await remove({ imageTag: 'a' }, { imageTag: 'b' })
      await arrive(ecr)
      expect(await tagsAt(away, repositoryName)).toEqual([[digest, ['a', 'b']]])
    })

    it('leaves an image that was pushed again, and a tag that means something else there', async () => {
      await withDeletion(true)
      const { digest, text } = await twoTags()
      await remove({ imageDigest: digest })
      await rename(client, text, 'a')
      await arrive(ecr)
      expect(await tagsAt(away, repositoryName)).toEqual([[digest, ['a', 'b']]])

      const theirs = await anImage(away, repositoryName, { imageTag: 'a' })
      await rename(client, text, 'c')
      await remove({ imageTag: 'a' })
      await arrive(ecr)
      expect(await tagsAt(away, repositoryName)).toEqual([
        [digest, expect.anything()],
        [theirs.digest, ['a']],
      ])
    })

    it('leaves an image that an index names at the destination', async () => {
      await withDeletion(true)
      const image = await anImage(client, repositoryName)
      await arrive(ecr)
      await anIndex(away, repositoryName, [image])
      await remove({ imageDigest: image.digest })
      await arrive(ecr)
      expect(await imagesAt(away, repositoryName)).toHaveLength(2)
    })

    it('goes no further than one registry', async () => {
      const further = { region: FURTHER, registryId: account }
      await configure(client, ruleTo([toAway, further]))
      const { digest } = await twoTags()
      await withDeletion(true)
      await configureDeletion(ecr, { accountId: account, region: AWAY }, true, ruleTo([further]))
      await remove({ imageDigest: digest })
      await ecr.server.clock({ advance: 'PT1M' })
      expect(await imagesAt(away, repositoryName)).toEqual([])
      const atFurther = ecr.client({ accessKeyId: account, region: FURTHER })
      expect(await tagsAt(atFurther, repositoryName)).toEqual([[digest, ['a', 'b']]])
    })

    it('stops at another account that lets replication in no longer', async () => {
      const other = anAccount()
      const owner = ecr.client({ accessKeyId: other })
      const policy = (Effect: string) => letIn(owner, { Effect, Principal: '*', Action: BOTH, Resource: '*' })
      await configureDeletion(
        ecr,
        { accountId: account },
        true,
        ruleTo([{ region: HOME, registryId: other }]),
      )
      await policy('Allow')
      const { digest } = await twoTags()
      await policy('Deny')
      await remove({ imageDigest: digest })
      await arrive(ecr)
      expect(await imagesAt(owner, repositoryName)).toHaveLength(1)
    })
  })

  describe('events', () => {
    async function eventsOf(region: string, after?: string) {
      const events = await ecr.server.events(after)
      return events.filter((event) => event.account === account && event.region === region)
    }

    it('tell the destination of the push and of the replication, once', async () => {
      await configure(client, ruleTo([toAway]))
      const { digest, text } = await anImage(client, repositoryName, { imageTag: 'v1' })
      await arrive(ecr)
      const told = await eventsOf(AWAY)
      expect(told).toMatchObject([
        {
          'detail-type': 'ECR Image Action',
          resources: [],
          detail: { 'action-type': 'PUSH', 'image-digest': digest, 'image-tag': 'v1' },
        },
        {
          'detail-type': 'ECR Replication Action',
          resources: [`arn:aws:ecr:${AWAY}:${account}:repository/${repositoryName}`],
        },
      ])
      expect(told[1]?.detail).toEqual({
        result: 'SUCCESS',
        'repository-name': repositoryName,
        'image-digest': digest,
        'source-account': account,
        'action-type': 'REPLICATE',
        'source-region': HOME,
        'image-tag': 'v1',
      })

      await remove({ imageTag: 'v1' })
      await rename(client, text, 'v1')
      await arrive(ecr)
      expect(await eventsOf(AWAY, told[1]?.id)).toEqual([])
    })

    it('tell of a failure, and of tags and images that go', async () => {
      const other = anAccount()
      const destinations = [toAway, { region: HOME, registryId: other }]
      await configureDeletion(ecr, { accountId: account }, true, ruleTo(destinations))
      const { digest } = await anImage(client, repositoryName, { imageTag: 'v1' })
      await arrive(ecr)
      const denied = (await ecr.server.events()).filter((event) => event.account === other)
      expect(denied.map(({ detail }) => detail)).toEqual([
        {
          result: 'FAILED',
          'repository-name': repositoryName,
          'image-digest': digest,
          'source-account': account,
          'action-type': 'REPLICATE',
          'source-region': HOME,
          'image-tag': 'v1',
        },
      ])
      await remove({ imageDigest: digest })
      await arrive(ecr)
      const [last] = (await eventsOf(AWAY)).slice(-1)
      expect(last?.detail).toMatchObject({
        'action-type': 'DELETE',
        'image-digest': digest,
        'image-tag': 'v1',
      })
    })
  })
})

describe('a replication that goes wrong', () => {
  const data = dataDirectory()
  const ecr = emulator({ dataDir: data.path })
  const account = anAccount()
  const toAway = { region: AWAY, registryId: account }
  let client: ECRClient
  let repositoryName: string
  beforeEach(async () => {
    await ecr.server.clock({ reset: true, frozen: true })
    client = ecr.client({ accessKeyId: account })
    repositoryName = await aRepository(client)
    await configure(client, ruleTo([toAway]))
  })

  const tear = (digest: string) => loseManifest(data, digest)
  const mend = (digest: string, text: string) =>
    tamper(
      data,
      'INSERT INTO manifests (image_id, content) SELECT id, ? FROM images WHERE digest = ?',
      Buffer.from(text),
      digest,
    )
  const statusOf = async (imageTag: string) => {
    const [status] = (await statusesOf(client, repositoryName, { imageTag })) ?? []
    return status?.failureCode ?? status?.status
  }

  it('is tried again, and holds up no other', async () => {
    const { digest, text } = await anImage(client, repositoryName, { imageTag: 'torn' })
    await anImage(client, repositoryName, { imageTag: 'whole' })
    tear(digest)
    await arrive(ecr)
    expect([await statusOf('torn'), await statusOf('whole')]).toEqual(['IN_PROGRESS', 'COMPLETE'])
    mend(digest, text)
    await arrive(ecr)
    expect(await statusOf('torn')).toBe('COMPLETE')
  })

  it('does not take a tag back to where it was when it comes late', async () => {
    const late = await anImage(client, repositoryName, { imageTag: 'latest' })
    tear(late.digest)
    const last = await anImage(client, repositoryName, { imageTag: 'latest' })
    await arrive(ecr)
    mend(late.digest, late.text)
    await arrive(ecr)
    expect(await tagsAt(ecr.client({ accessKeyId: account, region: AWAY }), repositoryName)).toEqual([
      [last.digest, ['latest']],
      [late.digest, []],
    ])
  })

  it('is given up after five attempts, which can be seen', async () => {
    const { digest } = await anImage(client, repositoryName, { imageTag: 'torn' })
    tear(digest)
    for (const seconds of [1, 1, 2, 4]) {
      await ecr.server.clock({ advance: `PT${seconds}S` })
      expect(await statusOf('torn')).toBe('IN_PROGRESS')
    }
    await ecr.server.clock({ advance: 'PT8S' })
    expect(await statusOf('torn')).toBe('InternalError')
    const [last] = (await ecr.server.events()).slice(-1)
    expect(last).toMatchObject({
      region: AWAY,
      'detail-type': 'ECR Replication Action',
      detail: { result: 'FAILED', 'image-digest': digest },
    })
  })

  it('of what refers to an image leaves the image where it arrived', async () => {
    await configure(client)
    const { mediaType, digest, size, text } = await anImage(client, repositoryName, { imageTag: 'old' })
    const signature = await anImage(client, repositoryName, { subject: { mediaType, digest, size } })
    await configure(client, ruleTo([toAway]))
    await client.send(new PutImageCommand({ repositoryName, imageManifest: text, imageTag: 'new' }))
    tear(signature.digest)
    for (const seconds of [1, 1, 2, 4, 8]) await ecr.server.clock({ advance: `PT${seconds}S` })
    expect(await statusOf('new')).toBe('COMPLETE')
  })

  it('goes on after a restart', async () => {
    const { digest } = await anImage(client, repositoryName, { imageTag: 'v1' })
    await ecr.restart()
    await arrive(ecr)
    const away = ecr.client({ accessKeyId: account, region: AWAY })
    expect(await tagsAt(away, repositoryName)).toEqual([[digest, ['v1']]])
  })
})
