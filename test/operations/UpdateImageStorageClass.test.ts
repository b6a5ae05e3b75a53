import {
  BatchCheckLayerAvailabilityCommand,
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CompleteLayerUploadCommand,
  DescribeImagesCommand,
  type ECRClient,
  GetDownloadUrlForLayerCommand,
  ListImageReferrersCommand,
  ListImagesCommand,
  PutImageCommand,
  PutImageTagMutabilityCommand,
  UpdateImageStorageClassCommand,
  type UpdateImageStorageClassCommandInput,
} from '@aws-sdk/client-ecr'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { OCI_INDEX } from '../../src/rules/media-types.ts'
import {
  aLayer,
  aName,
  anImage,
  anIndex,
  anUpload,
  aRepository,
  type Descriptor,
  type StoredManifest,
  sendPart,
  sha256,
} from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import {
  accessDenied,
  DEFAULT_ACCOUNT,
  invalidParameter,
  invalidRepositoryMembers,
  refusal,
  repositoryArnOf,
  repositoryNotFound,
} from '../support/refusals.ts'

describe('UpdateImageStorageClass', () => {
  const ecr = emulator()
  let client: ECRClient
  let repositoryName: string
  let image: StoredManifest
  beforeAll(() => {
    client = ecr.client()
  })
  beforeEach(async () => {
    repositoryName = await aRepository(client)
    image = await anImage(client, repositoryName, { imageTag: 'v1' })
  })

  const update = (input: object = {}) =>
    client.send(
      new UpdateImageStorageClassCommand({
        repositoryName,
        imageId: { imageTag: 'v1' },
        targetStorageClass: 'ARCHIVE',
        ...input,
      } as UpdateImageStorageClassCommandInput),
    )
  const archive = ({ digest }: Descriptor) => update({ imageId: { imageDigest: digest } })
  const restore = ({ digest }: Descriptor) =>
    update({ imageId: { imageDigest: digest }, targetStorageClass: 'STANDARD' })
  const describeImage = async ({ digest }: Descriptor) => {
    const command = new DescribeImagesCommand({ repositoryName, imageIds: [{ imageDigest: digest }] })
    return (await client.send(command)).imageDetails?.[0]
  }
  const statusesOf = async (...images: Descriptor[]) => {
    const statuses = []
    for (const one of images) statuses.push((await describeImage(one))?.imageStatus)
    return statuses
  }
  const pull = (imageId: object) =>
    client.send(new BatchGetImageCommand({ repositoryName, imageIds: [imageId] }))
  const push = ({ text }: { text: string }, imageTag?: string) =>
    client.send(new PutImageCommand({ repositoryName, imageManifest: text, imageTag }))
  const storageEvents = async () =>
    (await ecr.server.events()).filter(({ detail }) => {
      const { 'repository-name': name, 'action-type': action } = detail as Record<string, unknown>
      return name === repositoryName && action === 'UPDATE_STORAGE_CLASS'
    })
  const notSupported = ({ digest }: Descriptor, reason: string) =>
    refusal(
      'ImageStorageClassUpdateNotSupportedException',
      `The storage class of the image with digest '${digest}' within the repository with name '${repositoryName}' in the registry with id '${DEFAULT_ACCOUNT}' cannot be updated because ${reason}`,
    )

  describe('validation', () => {
    it.each([
      ...invalidRepositoryMembers,
      ['imageId', 'Member must not be null', { imageId: undefined }],
      ['targetStorageClass', 'Member must not be null', { targetStorageClass: undefined }],
      [
        'targetStorageClass',
        'Member must satisfy enum value set: [STANDARD, ARCHIVE]',
        { targetStorageClass: 'GLACIER' },
      ],
    ])('%s: %s', async (member, constraint, input) => {
      await expect(update(input)).rejects.toMatchObject(invalidParameter(member, constraint))
    })
  })

  describe('refusals', () => {
    it('knows no repository of that name', async () => {
      const unknown = aName()
      await expect(update({ repositoryName: unknown })).rejects.toMatchObject(repositoryNotFound(unknown))
    })

    it('lets nobody into the registry of another account', async () => {
      const accountId = '123456789012'
      const resource = repositoryArnOf(repositoryName, { accountId })
      const refused = accessDenied('ecr:UpdateImageStorageClass', resource)
      await expect(update({ registryId: accountId })).rejects.toMatchObject(refused)
    })

    it.each([
      ["{imageDigest:'null', imageTag:'none'}", { imageTag: 'none' }],
      ["{imageDigest:'sha256:00', imageTag:'null'}", { imageDigest: 'sha256:00' }],
    ])('knows no image %s', async (named, imageId) => {
      const message = `The image with imageId ${named} does not exist within the repository with name '${repositoryName}' in the registry with id '${DEFAULT_ACCOUNT}'`
      await expect(update({ imageId })).rejects.toMatchObject(refusal('ImageNotFoundException', message))
    })

    it('leaves a child where it is while an index that is not archived names it', async () => {
      const [one, two] = [
        await anIndex(client, repositoryName, [image]),
        await anIndex(client, repositoryName, [image], { artifactType: 'text/plain' }),
      ]
      const refused = notSupported(image, 'an image index that is not archived refers to it')
      await expect(archive(image)).rejects.toMatchObject(refused)
      await archive(one)
      await expect(archive(image)).rejects.toMatchObject(refused)
      await archive(two)
      expect(await archive(image)).toMatchObject({ imageStatus: 'ARCHIVED' })
    })

    it.each(['ARCHIVE', 'STANDARD'])('has referrers follow their subject: %s', async (targetStorageClass) => {
      const referrer = await anImage(client, repositoryName, { subject: image, artifactType: 'text/plain' })
      if (targetStorageClass === 'STANDARD') await archive(image)
      const moved = update({ imageId: { imageDigest: referrer.digest }, targetStorageClass })
      const reason = 'it refers to another image, whose storage class it follows'
      await expect(moved).rejects.toMatchObject(notSupported(referrer, reason))
    })

    it('archives nothing that is on its way back', async () => {
      await archive(image)
      await restore(image)
      await expect(archive(image)).rejects.toMatchObject(notSupported(image, 'it is being restored'))
    })
  })

  describe('effects', () => {
    it('archives at once, named by tag or by digest', async () => {
      const answer = { registryId: DEFAULT_ACCOUNT, repositoryName, imageStatus: 'ARCHIVED' }
      const imageId = { imageDigest: image.digest }
      expect(await update()).toMatchObject({ ...answer, imageId: { ...imageId, imageTag: 'v1' } })
      expect((await archive(image)).imageId).toEqual(imageId)
      expect(await describeImage(image)).toMatchObject({
        imageStatus: 'ARCHIVED',
        imageTags: ['v1'],
        lastArchivedAt: expect.any(Date),
      })
    })

    it('archives twice as once, and restores nothing that is active', async () => {
      expect(await restore(image)).toMatchObject({ imageStatus: 'ACTIVE' })
      await archive(image)
      await archive(image)
      expect(await storageEvents()).toHaveLength(1)
    })

    it('has an image pulled by nobody until it is back', async () => {
      const failure = (imageId: object) => [
        { imageId, failureCode: 'ImageInaccessible', failureReason: 'Requested image is archived' },
      ]
      for (const change of [archive, restore]) {
        await change(image)
        for (const imageId of [{ imageTag: 'v1' }, { imageDigest: image.digest }])
          expect(await pull(imageId)).toMatchObject({ images: [], failures: failure(imageId) })
      }
      await ecr.server.clock({ advance: 'PT1M' })
      expect((await pull({ imageTag: 'v1' })).images).toMatchObject([{ imageManifest: image.text }])
    })

    it('restores within 20 minutes, also through a restart of the clock', async () => {
      await archive(image)
      const before = Date.parse((await ecr.server.clock()).now)
      expect(await restore(image)).toMatchObject({ imageStatus: 'ACTIVATING' })
      expect(await restore(image)).toMatchObject({ imageStatus: 'ACTIVATING' })
      await ecr.server.clock({ advance: 'P30D' })
      const described = await describeImage(image)
      expect(described).toMatchObject({ imageStatus: 'ACTIVE', lastArchivedAt: expect.any(Date) })
      // As planned, not when the clock came by.
      const took = Number(described?.lastActivatedAt) - before
      expect(took).toBeGreaterThan(0)
      expect(took).toBeLessThanOrEqual(20 * 60_000)
    })

    it('tells both moves, the way back when it ends', async () => {
      await archive(image)
      await restore(image)
      const detail = {
        result: 'SUCCESS',
        'repository-name': repositoryName,
        'image-digest': image.digest,
        'action-type': 'UPDATE_STORAGE_CLASS',
        'manifest-media-type': image.mediaType,
        'artifact-media-type': image.config.mediaType,
      }
      const archived = { ...detail, 'target-storage-class': 'ARCHIVE' }
      expect((await storageEvents()).map((event) => event.detail)).toEqual([archived])
      await ecr.server.clock({ advance: 'PT20M' })
      const { lastActivatedAt } = (await describeImage(image)) ?? {}
      const events = await storageEvents()
      expect(events.map((event) => event['detail-type'])).toEqual(['ECR Image Action', 'ECR Image Action'])
      expect(events.at(-1)?.detail).toEqual({
        ...detail,
        'target-storage-class': 'STANDARD',
        'last-activated-at': lastActivatedAt?.toISOString(),
      })
    })

    it('is listed by its status only', async () => {
      const active = await anImage(client, repositoryName, { imageTag: 'v2' })
      const listed = async (imageStatus?: 'ACTIVE' | 'ARCHIVED' | 'ACTIVATING' | 'ANY') => {
        const input = { repositoryName, ...(imageStatus && { filter: { imageStatus } }) }
        const { imageIds } = await client.send(new ListImagesCommand(input))
        const { imageDetails } = await client.send(new DescribeImagesCommand(input))
        const digests = imageIds?.map(({ imageDigest }) => imageDigest)
        expect(imageDetails?.map(({ imageDigest }) => imageDigest)).toEqual(digests)
        return digests
      }
      await archive(image)
      expect(await listed()).toEqual([active.digest])
      expect(await listed('ARCHIVED')).toEqual([image.digest])
      expect(await listed('ACTIVATING')).toEqual([])
      expect(await listed('ANY')).toEqual([image.digest, active.digest])
      await restore(image)
      expect(await listed('ARCHIVED')).toEqual([])
      expect(await listed('ACTIVATING')).toEqual([image.digest])
      expect(await listed()).toEqual([active.digest])
    })

    it('archives layers that no active image has, which may be uploaded again', async () => {
      const bytes = Buffer.from(aName())
      const { digest } = await aLayer(client, repositoryName, bytes)
      const layer = { mediaType: 'application/octet-stream', digest, size: bytes.length }
      const manifest = (annotation: string) => ({
        text: JSON.stringify({
          schemaVersion: 2,
          mediaType: image.mediaType,
          config: layer,
          layers: [],
          annotations: { annotation },
        }),
      })
      const availability = async () => {
        const command = new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests: [digest] })
        return (await client.send(command)).layers?.[0]?.layerAvailability
      }
      const url = () =>
        client.send(new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest: digest }))
      await push(manifest('one'), 'one')
      await push(manifest('two'), 'two')
      await update({ imageId: { imageTag: 'one' } })
      expect(await availability()).toBe('AVAILABLE')
      await update({ imageId: { imageTag: 'two' } })
      expect(await availability()).toBe('ARCHIVED')
      await expect(url()).rejects.toMatchObject({ name: 'LayerInaccessibleException' })

      const uploadId = await anUpload(client, repositoryName)
      await sendPart(client, repositoryName, uploadId, bytes)
      const completion = { repositoryName, uploadId, layerDigests: [digest] }
      await client.send(new CompleteLayerUploadCommand(completion))
      await push(manifest('three'))
      expect(await availability()).toBe('AVAILABLE')
      await expect(url()).resolves.toMatchObject({ layerDigest: digest })
    })

    it('takes referrers along, and theirs, there and back', async () => {
      const sbom = await anImage(client, repositoryName, { subject: image, artifactType: 'text/sbom' })
      const signature = await anImage(client, repositoryName, {
        subject: sbom,
        artifactType: 'text/signature',
      })
      const referrersBy = async (artifactStatus?: 'ARCHIVED' | 'ACTIVATING') => {
        const filter = artifactStatus && { artifactStatus }
        const command = new ListImageReferrersCommand({
          repositoryName,
          subjectId: { imageDigest: image.digest },
          filter,
        })
        return (await client.send(command)).referrers?.map(({ digest }) => digest)
      }
      await archive(image)
      expect(await statusesOf(image, sbom, signature)).toEqual(Array(3).fill('ARCHIVED'))
      expect([await referrersBy(), await referrersBy('ARCHIVED')]).toEqual([[], [sbom.digest]])
      await restore(image)
      expect(await statusesOf(image, sbom, signature)).toEqual(Array(3).fill('ACTIVATING'))
      expect(await referrersBy('ACTIVATING')).toEqual([sbom.digest])
      await ecr.server.clock({ advance: 'PT20M' })
      expect(await statusesOf(image, sbom, signature)).toEqual(Array(3).fill('ACTIVE'))
      const types = (await storageEvents()).map((event) => event['detail-type'])
      expect(types.filter((type) => type === 'ECR Referrer Action')).toHaveLength(4)
    })

    it('moves what refers to nothing that is here by itself, and back when its subject has come', async () => {
      const text = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] })
      const subject = { mediaType: OCI_INDEX, digest: sha256(text), size: text.length }
      const referrer = await anImage(client, repositoryName, { subject, artifactType: 'text/plain' })
      expect(await archive(referrer)).toMatchObject({ imageStatus: 'ARCHIVED' })
      await push({ text })
      expect(await restore(referrer)).toMatchObject({ imageStatus: 'ACTIVATING' })
    })

    it('brings the children of an index back with it', async () => {
      const inner = await anIndex(client, repositoryName, [image])
      const outer = await anIndex(client, repositoryName, [inner])
      for (const one of [outer, inner, image]) await archive(one)
      await restore(outer)
      expect(await statusesOf(outer, inner, image)).toEqual(Array(3).fill('ACTIVATING'))
      await ecr.server.clock({ advance: 'PT20M' })
      expect(await statusesOf(outer, inner, image)).toEqual(Array(3).fill('ACTIVE'))
    })

    it.each([
      ['archived', [archive]],
      ['on its way back', [archive, restore]],
    ])('a push of an image that is %s restores it at once', async (_, moves) => {
      const sbom = await anImage(client, repositoryName, { subject: image, artifactType: 'text/sbom' })
      const mutability = { repositoryName, imageTagMutability: 'IMMUTABLE' } as const
      await client.send(new PutImageTagMutabilityCommand(mutability))
      const { imagePushedAt } = (await describeImage(image)) ?? {}
      for (const move of moves) await move(image)
      await push(image, 'v1')
      expect(await statusesOf(image, sbom)).toEqual(['ACTIVE', 'ACTIVE'])
      await ecr.server.clock({ advance: 'PT20M' })
      expect(await describeImage(image)).toMatchObject({
        imagePushedAt,
        imageTags: ['v1'],
        lastActivatedAt: expect.any(Date),
      })
      // Neither of them came back twice.
      const targets = (await storageEvents()).map(({ detail }) => Object(detail)['target-storage-class'])
      expect(targets).toEqual(['ARCHIVE', 'ARCHIVE', 'STANDARD', 'STANDARD'])
      const message = `The image tag 'v1' already exists in the '${repositoryName}' repository and cannot be overwritten because the tag is immutable.`
      await expect(push(image, 'v1')).rejects.toMatchObject(
        refusal('ImageTagAlreadyExistsException', message),
      )
    })

    it('brings the children back of an index that is deleted meanwhile', async () => {
      const index = await anIndex(client, repositoryName, [image])
      await archive(index)
      await archive(image)
      await restore(index)
      const imageIds = [{ imageDigest: index.digest }]
      await client.send(new BatchDeleteImageCommand({ repositoryName, imageIds }))
      expect(await statusesOf(image)).toEqual(['ACTIVATING'])
      await ecr.server.clock({ advance: 'PT20M' })
      expect(await statusesOf(image)).toEqual(['ACTIVE'])
    })

    it('keeps an immutable tag of an archived image from other images', async () => {
      const mutability = { repositoryName, imageTagMutability: 'IMMUTABLE' } as const
      await client.send(new PutImageTagMutabilityCommand(mutability))
      await archive(image)
      await expect(anImage(client, repositoryName, { imageTag: 'v1' })).rejects.toMatchObject({
        name: 'ImageTagAlreadyExistsException',
      })
      expect(await statusesOf(image)).toEqual(['ARCHIVED'])
    })

    it('a push of an index restores what it names', async () => {
      await archive(image)
      await anIndex(client, repositoryName, [image], { imageTag: 'index' })
      expect(await statusesOf(image)).toEqual(['ACTIVE'])
    })

    it('deletes an archived image like any other, and forgets one that was on its way back', async () => {
      await archive(image)
      await restore(image)
      const imageIds = [{ imageDigest: image.digest }]
      const deleted = await client.send(new BatchDeleteImageCommand({ repositoryName, imageIds }))
      expect(deleted.imageIds).toEqual([{ imageDigest: sha256(image.text), imageTag: 'v1' }])
      await ecr.server.clock({ advance: 'PT20M' })
      const any = { repositoryName, filter: { imageStatus: 'ANY' } } as const
      expect((await client.send(new ListImagesCommand(any))).imageIds).toEqual([])
    })
  })
})
