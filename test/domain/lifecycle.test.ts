import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  DescribeImagesCommand,
  type ECRClient,
  PutImageCommand,
  PutLifecyclePolicyCommand,
} from '@aws-sdk/client-ecr'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Rule } from '../../src/lifecycle/policy.ts'
import { OCI_MANIFEST } from '../../src/rules/media-types.ts'
import { anImage, anIndex, aRepository, type Descriptor, sha256 } from '../support/content.ts'
import { dataDirectory, readFrom } from '../support/data-directory.ts'
import { emulator } from '../support/emulator.ts'
import { fillRepository } from '../support/filled-repository.ts'
import { archive, expire, policyText } from '../support/lifecycle.ts'
import { DEFAULT_ACCOUNT } from '../support/refusals.ts'
import { registryClient } from '../support/registry.ts'

/** So many images of each large repository are old. */
const OLD = 3000

const LARGE = {
  registry: { accountId: DEFAULT_ACCOUNT, region: 'eu-west-1' },
  imageCount: OLD + 100,
  pushedAt: (index: number) => (index < OLD ? 0 : Date.now()),
}

const { path } = dataDirectory()
// Before the server opens the directory.
beforeAll(async () => {
  for (const repositoryName of ['large-1', 'large-2', 'large-3', 'large-4'])
    await fillRepository(path, { ...LARGE, repositoryName })
})

describe('the lifecycle of images', () => {
  const ecr = emulator({ dataDir: path })
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })
  afterEach(() => ecr.server.clock({ reset: true }))

  const put = (repositoryName: string, ...rules: Rule[]) =>
    client.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText: policyText(...rules) }))
  const refer = ({ mediaType, digest, size }: Descriptor) => ({ subject: { mediaType, digest, size } })

  /** Digests of the images of any status, in the order of first push. */
  async function digestsIn(repositoryName: string, imageStatus: 'ANY' | 'ARCHIVED' = 'ANY') {
    const { imageDetails } = await client.send(
      new DescribeImagesCommand({ repositoryName, filter: { imageStatus } }),
    )
    return imageDetails?.map(({ imageDigest }) => imageDigest)
  }

  const digestsOf = (...images: Descriptor[]) => images.map(({ digest }) => digest)

  /** What was told of a repository since the event `after`: type, action, digest and what it carries besides. */
  async function told(repositoryName: string, after: string | undefined) {
    const events = await ecr.server.events(after)
    return events
      .map((event) => ({ type: event['detail-type'], detail: event.detail as Record<string, string> }))
      .filter(({ detail }) => detail['repository-name'] === repositoryName)
      .map(({ type, detail }) => [
        type,
        detail['action-type'],
        detail['image-digest'],
        detail['image-tag'] ?? detail['target-storage-class'],
      ])
  }

  const lastEvent = async () => (await ecr.server.events()).at(-1)?.id

  it('expires an image after 30 days, with all its tags, and what refers to it a day later', async () => {
    const repositoryName = await aRepository(client)
    await ecr.server.clock({ now: '2027-01-01T00:00:00Z', frozen: true })
    const old = await anImage(client, repositoryName, { imageTag: 'pr-1' })
    await client.send(new PutImageCommand({ repositoryName, imageManifest: old.text, imageTag: 'kept' }))
    const signature = await anImage(client, repositoryName, refer(old))
    await ecr.server.clock({ advance: 'P1D' })
    const young = await anImage(client, repositoryName, { imageTag: 'pr-2' })
    await put(
      repositoryName,
      expire(1, { tagPrefixList: ['pr-'], countType: 'sinceImagePushed', countNumber: 30 }),
    )
    const before = await lastEvent()

    await ecr.server.clock({ advance: 'P29D' })
    expect(await digestsIn(repositoryName)).toEqual(digestsOf(old, signature, young))
    await ecr.server.clock({ advance: 'PT1H' })
    expect(await digestsIn(repositoryName)).toEqual(digestsOf(signature, young))
    await ecr.server.clock({ advance: 'PT23H' })
    expect(await digestsIn(repositoryName)).toEqual(digestsOf(signature, young))
    await ecr.server.clock({ advance: 'PT1H' })
    expect(await digestsIn(repositoryName)).toEqual([])
    expect(await told(repositoryName, before)).toEqual([
      ['ECR Image Action', 'DELETE', old.digest, 'kept'],
      ['ECR Image Action', 'DELETE', old.digest, 'pr-1'],
      ['ECR Image Action', 'DELETE', young.digest, 'pr-2'],
      ['ECR Referrer Action', 'DELETE', signature.digest, undefined],
    ])
  })

  it('archives what nobody pulled for 30 days, with what refers to it, and expires it 90 days later', async () => {
    const repositoryName = await aRepository(client)
    await ecr.server.clock({ now: '2027-01-01T00:00:00Z', frozen: true })
    const forgotten = await anImage(client, repositoryName, { imageTag: 'a' })
    const signature = await anImage(client, repositoryName, refer(forgotten))
    const pulled = await anImage(client, repositoryName, { imageTag: 'b' })
    await put(
      repositoryName,
      archive(1, { countType: 'sinceImagePulled', countNumber: 30 }),
      expire(2, { countType: 'sinceImageTransitioned', storageClass: 'archive', countNumber: 90 }),
    )
    await ecr.server.clock({ advance: 'P20D' })
    await client.send(new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag: 'b' }] }))
    const before = await lastEvent()

    await ecr.server.clock({ advance: 'P20D' })
    expect(await digestsIn(repositoryName, 'ARCHIVED')).toEqual(digestsOf(forgotten, signature))
    expect(await told(repositoryName, before)).toEqual([
      ['ECR Image Action', 'UPDATE_STORAGE_CLASS', forgotten.digest, 'ARCHIVE'],
      ['ECR Referrer Action', 'UPDATE_STORAGE_CLASS', signature.digest, 'ARCHIVE'],
    ])
    await ecr.server.clock({ advance: 'P90D' })
    expect(await digestsIn(repositoryName, 'ARCHIVED')).toEqual(digestsOf(forgotten, signature, pulled))
    await ecr.server.clock({ advance: 'PT1H' })
    expect(await digestsIn(repositoryName)).toEqual(digestsOf(signature, pulled))
  })

  it('gives a restored image its days again', async () => {
    const repositoryName = await aRepository(client)
    const image = await anImage(client, repositoryName, { imageTag: 'a' })
    await put(repositoryName, archive(1, { countType: 'sinceImagePulled', countNumber: 30 }))
    await ecr.server.clock({ advance: 'P31D' })
    expect(await digestsIn(repositoryName, 'ARCHIVED')).toEqual([image.digest])
    const imageId = { imageTag: 'a' }
    await ecr.call('UpdateImageStorageClass', { repositoryName, imageId, targetStorageClass: 'STANDARD' })
    await ecr.server.clock({ advance: 'P29D' })
    expect(await digestsIn(repositoryName, 'ARCHIVED')).toEqual([])
    await ecr.server.clock({ advance: 'P2D' })
    expect(await digestsIn(repositoryName, 'ARCHIVED')).toEqual([image.digest])
  })

  it('evaluates policies every hour, also after the clock was put back', async () => {
    const repositoryName = await aRepository(client)
    await ecr.server.clock({ frozen: true })
    await ecr.server.clock({ advance: 'P90D' })
    await ecr.server.clock({ reset: true, frozen: true })
    await put(repositoryName, expire(1, {}))
    const images = [await anImage(client, repositoryName), await anImage(client, repositoryName)] as const
    await ecr.server.clock({ advance: 'PT59M59S' })
    expect(await digestsIn(repositoryName)).toHaveLength(2)
    await ecr.server.clock({ advance: 'PT1S' })
    expect(await digestsIn(repositoryName)).toEqual([images[1].digest])
  })

  it('evaluates the policy that a creation template gave', async () => {
    const prefix = `made-${sha256('made').slice(-6)}`
    const lifecyclePolicy = policyText(expire(1, {}))
    await ecr.call('CreateRepositoryCreationTemplate', {
      prefix,
      appliedFor: ['CREATE_ON_PUSH'],
      lifecyclePolicy,
    })
    const repositoryName = `${prefix}/on-push`
    await registryClient(ecr).pushImage(repositoryName, 'old')
    const young = await anImage(client, repositoryName, { imageTag: 'young' })
    await ecr.server.lifecycle({ repository: repositoryName })
    expect(await digestsIn(repositoryName)).toEqual([young.digest])
  })

  describe('of an index', () => {
    const untagged = expire(1, { tagStatus: 'untagged', countType: 'sinceImagePushed' })

    /** An index with a tag over two images without one. */
    async function nested(repositoryName: string) {
      const children = [await anImage(client, repositoryName), await anImage(client, repositoryName)] as const
      const index = await anIndex(client, repositoryName, children, { imageTag: 'multi' })
      return { children, index }
    }

    it('keeps what the index names until it goes, and says so', async () => {
      const repositoryName = await aRepository(client)
      const { children, index } = await nested(repositoryName)
      await put(repositoryName, untagged)
      await ecr.server.clock({ frozen: true })
      await ecr.server.clock({ advance: 'P2D' })
      expect(await digestsIn(repositoryName)).toEqual(digestsOf(...children, index))
      expect(await ecr.server.lifecycle({ repository: repositoryName })).toMatchObject([
        {
          actions: [],
          failures: children.map(({ digest }) => ({
            imageDigest: digest,
            imageTags: [],
            action: 'EXPIRE',
            rulePriority: 1,
            failureCode: 'ImageReferencedByManifestList',
            failureReason: `Requested image referenced by manifest list: [${index.digest}]`,
          })),
        },
      ])
      await client.send(new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageTag: 'multi' }] }))
      await ecr.server.clock({ advance: 'PT1H' })
      expect(await digestsIn(repositoryName)).toEqual([])
    })

    it('takes the index first, and in the same run what it named', async () => {
      const repositoryName = await aRepository(client)
      const { children, index } = await nested(repositoryName)
      const outer = await anIndex(client, repositoryName, [index], { imageTag: 'outer' })
      await put(repositoryName, expire(1, { countType: 'sinceImagePushed' }))
      const before = await lastEvent()
      await ecr.server.clock({ advance: 'P2D' })
      expect((await told(repositoryName, before)).map(([, , digest]) => digest)).toEqual(
        digestsOf(outer, index, ...children),
      )
    })

    it('leaves images that no rule selects when their index goes', async () => {
      const repositoryName = await aRepository(client)
      const { children } = await nested(repositoryName)
      await put(
        repositoryName,
        expire(1, { tagPrefixList: ['multi'], countType: 'sinceImagePushed' }),
        expire(2, { tagStatus: 'untagged', countType: 'sinceImagePushed', countNumber: 3 }),
      )
      await ecr.server.clock({ advance: 'P2D' })
      expect(await digestsIn(repositoryName)).toEqual(digestsOf(...children))
      await ecr.server.clock({ advance: 'P2D' })
      expect(await digestsIn(repositoryName)).toEqual([])
    })

    it('archives no image before the index that names it', async () => {
      const repositoryName = await aRepository(client)
      const { children, index } = await nested(repositoryName)
      const byTag = (countNumber: number) =>
        archive(1, { tagPrefixList: ['multi'], countType: 'sinceImagePulled', countNumber })
      const byNone = archive(2, { tagStatus: 'untagged', countType: 'sinceImagePulled', countNumber: 1 })
      await put(repositoryName, byTag(30), byNone)
      await ecr.server.clock({ advance: 'P2D' })
      expect(await digestsIn(repositoryName, 'ARCHIVED')).toEqual([])
      await put(repositoryName, byTag(1), byNone)
      await ecr.server.lifecycle({ repository: repositoryName })
      expect(await digestsIn(repositoryName, 'ARCHIVED')).toEqual(digestsOf(...children, index))
    })

    it('archives images when their index is already in the archive', async () => {
      const repositoryName = await aRepository(client)
      const { children, index } = await nested(repositoryName)
      const imageId = { imageTag: 'multi' }
      await ecr.call('UpdateImageStorageClass', { repositoryName, imageId, targetStorageClass: 'ARCHIVE' })
      await put(repositoryName, archive(1, { tagStatus: 'untagged', countType: 'sinceImagePulled' }))
      await ecr.server.clock({ advance: 'P2D' })
      expect(await digestsIn(repositoryName, 'ARCHIVED')).toEqual(digestsOf(...children, index))
    })
  })

  describe('of thousands of images', () => {
    const old = expire(1, { countType: 'sinceImagePushed', countNumber: 30 })

    /** Evaluates the policy of a repository, and tells whether it still does. */
    async function running(repositoryName: string) {
      await put(repositoryName, old)
      const run = { isRunning: true, reports: ecr.server.lifecycle({ repository: repositoryName }) }
      run.reports.finally(() => {
        run.isRunning = false
      })
      return run
    }

    it('lets others have their turn, and leaves alone what changed since it was decided', async () => {
      const repositoryName = 'large-1'
      // Of the images that are to go last, one is archived and one gets an index.
      const [named, archived] = [OLD - 2, OLD - 1].map((index) => {
        const text = `${repositoryName} ${index}`
        return { mediaType: OCI_MANIFEST, digest: sha256(text), size: text.length }
      }) as [Descriptor, Descriptor]
      const run = await running(repositoryName)
      const imageId = { imageDigest: archived.digest }
      await ecr.call('UpdateImageStorageClass', { repositoryName, imageId, targetStorageClass: 'ARCHIVE' })
      const index = await anIndex(client, repositoryName, [named])
      expect(run.isRunning).toBe(true)
      let answers = 0
      for (; run.isRunning; answers += 1)
        await ecr.call('DescribeRepositories', { repositoryNames: [repositoryName] })
      expect(answers).toBeGreaterThan(5)

      const [report] = await run.reports
      expect(report?.actions).toHaveLength(OLD - 2)
      expect(report?.failures).toMatchObject([
        {
          imageDigest: named.digest,
          failureReason: `Requested image referenced by manifest list: [${index.digest}]`,
        },
      ])
      expect((await digestsIn(repositoryName))?.slice(0, 2)).toEqual(digestsOf(named, archived))
    })

    it('ends with the policy', async () => {
      const repositoryName = 'large-2'
      const run = await running(repositoryName)
      await ecr.call('DeleteLifecyclePolicy', { repositoryName })
      const [report] = await run.reports
      const { body } = await ecr.call('DescribeImages', { repositoryName, maxResults: 1000 })
      expect(body.imageDetails).toHaveLength(1000)
      expect(report?.actions.length).toBeLessThan(OLD - 900)
      await put(repositoryName, expire(1, { countNumber: LARGE.imageCount }))
      const { body: policy } = await ecr.call('GetLifecyclePolicy', { repositoryName })
      expect(policy.lastEvaluatedAt).toBe(0)
    })

    it('ends with the repository', async () => {
      const repositoryName = 'large-3'
      const run = await running(repositoryName)
      await ecr.call('DeleteRepository', { repositoryName, force: true })
      await aRepository(client, { repositoryName })
      expect((await run.reports)[0]?.actions.length).toBeLessThan(OLD)
      expect(await digestsIn(repositoryName)).toEqual([])
    })

    it('ends with the repository when it is a preview', async () => {
      const repositoryName = 'large-4'
      const lifecyclePolicyText = policyText(old)
      await ecr.call('StartLifecyclePolicyPreview', { repositoryName, lifecyclePolicyText })
      const preview = ecr.call('GetLifecyclePolicyPreview', { repositoryName })
      await ecr.call('DeleteRepository', { repositoryName, force: true })
      // Which of the two requests comes first is the network's to say.
      expect(['LifecyclePolicyPreviewNotFoundException', 'RepositoryNotFoundException']).toContain(
        (await preview).body.__type,
      )
    })
  })
})

describe('a stop in the middle of a lifecycle', () => {
  const directory = dataDirectory()
  const repositoryName = 'large'
  const imageCount = 2000
  const imagesLeft = () => readFrom(directory, 'SELECT COUNT(*) FROM images')
  // Before the server opens the directory.
  beforeAll(() => fillRepository(directory.path, { ...LARGE, repositoryName, imageCount, pushedAt: () => 0 }))
  const ecr = emulator({ dataDir: directory.path })

  it('leaves the rest to the next start', async () => {
    const lifecyclePolicyText = policyText(expire(1, { countType: 'sinceImagePushed' }))
    await ecr.call('PutLifecyclePolicy', { repositoryName, lifecyclePolicyText })
    // Policies are evaluated as soon as a server has started.
    await ecr.restart()
    await vi.waitFor(() => expect(imagesLeft()).toBeLessThan(imageCount), { interval: 1 })
    let left: unknown
    await ecr.restart(() => {
      left = imagesLeft()
    })
    expect(left).toBeGreaterThan(0)
    await ecr.server.clock()
    expect(imagesLeft()).toBe(0)
  })
})
