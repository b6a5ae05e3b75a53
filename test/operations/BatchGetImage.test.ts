import {
  BatchGetImageCommand,
  type ECRClient,
  type ImageIdentifier,
  PutImageCommand,
} from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  DOCKER_CONFIG,
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_V1,
  DOCKER_MANIFEST_V1_SIGNED,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_MANIFEST,
} from '../../src/rules/media-types.ts'
import { EMPTY_LAYER } from '../../src/rules/schema-1.ts'
import {
  aLayer,
  aName,
  anImage,
  anIndex,
  aRepository,
  type Descriptor,
  indexText,
  manifestText,
  OCI_LAYER,
  type StoredManifest,
  sha256,
} from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { batchFailures, invalidImageIds, oneOfEachFailure } from '../support/image-ids.ts'
import {
  accessDenied,
  DEFAULT_ACCOUNT,
  invalidParameter,
  invalidRepositoryMembers,
  refusal,
  repositoryArnOf,
  repositoryNotFound,
} from '../support/refusals.ts'
import { verifiedSchema1 } from '../support/schema-1.ts'

const DOCKER_LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip'

describe('BatchGetImage', () => {
  const ecr = emulator()
  let client: ECRClient
  let repositoryName: string
  let image: StoredManifest
  beforeAll(async () => {
    client = ecr.client()
    repositoryName = await aRepository(client)
    image = await anImage(client, repositoryName, { imageTag: 'b' })
    await retag(image, 'a')
  })

  const get = (imageIds: ImageIdentifier[], extra: object = {}) =>
    client.send(new BatchGetImageCommand({ repositoryName, imageIds, ...extra }))
  const retag = (stored: { text: string }, imageTag: string) =>
    client.send(new PutImageCommand({ repositoryName, imageManifest: stored.text, imageTag }))

  describe('validation', () => {
    it.each([
      ...invalidRepositoryMembers,
      ...invalidImageIds,
      ['imageIds', 'Member must not be null', { imageIds: undefined }],
      [
        'acceptedMediaTypes',
        'Member must have length greater than or equal to 1',
        { acceptedMediaTypes: [] },
      ],
      [
        'acceptedMediaTypes',
        'Member must have length less than or equal to 100',
        { acceptedMediaTypes: Array(101).fill(OCI_MANIFEST) },
      ],
    ])('%s: %s', async (member, constraint, input) => {
      await expect(get([{ imageTag: 'a' }], input)).rejects.toMatchObject(
        invalidParameter(member, constraint),
      )
    })
  })

  describe('refusals', () => {
    it('knows no repository of that name', async () => {
      const unknown = aName()
      const asked = get([{ imageTag: 'a' }], { repositoryName: unknown })
      await expect(asked).rejects.toMatchObject(repositoryNotFound(unknown))
    })

    it('lets nobody into the registry of another account', async () => {
      const asked = get([{ imageTag: 'a' }], { registryId: '123456789012' })
      const resource = repositoryArnOf(repositoryName, { accountId: '123456789012' })
      await expect(asked).rejects.toMatchObject(accessDenied('ecr:BatchGetImage', resource))
    })

    it('answers each image that cannot be had as a failure, and the others', async () => {
      const other = await anImage(client, repositoryName)
      const { images, failures } = await get([
        { imageTag: 'a' },
        ...oneOfEachFailure({ imageTag: 'a', imageDigest: other.digest }),
        { imageDigest: other.digest },
      ])
      expect(images?.map(({ imageId }) => imageId)).toEqual([
        { imageDigest: image.digest, imageTag: 'a' },
        { imageDigest: other.digest },
      ])
      expect(failures).toEqual(batchFailures({ imageTag: 'a', imageDigest: other.digest }))
    })

    it('answers no more than fits into memory', async () => {
      const tags = ['1', '2', '3', '4', '5', '6']
      const text = indexText([], { annotations: { a: 'a'.repeat(4_000_000) } })
      for (const tag of tags) await retag({ text }, tag)
      const imageDigest = sha256(text)
      const message =
        'The operation did not succeed because it would have exceeded the service quota of 67108864 for bytes of manifests in one answer.'
      const asked = get([
        { imageDigest },
        ...tags.flatMap((imageTag) => [{ imageTag }, { imageTag, imageDigest }]),
      ])
      await expect(asked).rejects.toMatchObject(refusal('LimitExceededException', message))
    })

    it('does not find the images of other repositories', async () => {
      const elsewhere = await aRepository(client)
      const { images, failures } = await get([{ imageDigest: image.digest }], { repositoryName: elsewhere })
      expect(images).toEqual([])
      expect(failures).toMatchObject([{ failureCode: 'ImageNotFound' }])
    })
  })

  describe('effects', () => {
    it('answers the manifest as it was pushed, byte for byte', async () => {
      const { digest, size } = image.config
      const config = { mediaType: OCI_CONFIG, digest, size }
      const text = ` ${JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [], é: '☃' }, null, 3)}\n`
      await retag({ text }, 'odd')
      const { images, failures } = await get([{ imageTag: 'odd' }])
      expect(failures).toEqual([])
      expect(images).toEqual([
        {
          registryId: DEFAULT_ACCOUNT,
          repositoryName,
          imageId: { imageDigest: sha256(text), imageTag: 'odd' },
          imageManifest: text,
          imageManifestMediaType: OCI_MANIFEST,
        },
      ])
    })

    it('answers one image for each tag of a digest, in the order of tags', async () => {
      const { images } = await get([{ imageDigest: image.digest }])
      expect(images?.map(({ imageId }) => imageId)).toEqual([
        { imageDigest: image.digest, imageTag: 'a' },
        { imageDigest: image.digest, imageTag: 'b' },
      ])
      expect(images?.map(({ imageManifest }) => imageManifest)).toEqual([image.text, image.text])
    })

    it('answers one image for a tag, and for a tag with its digest', async () => {
      const { images } = await get([{ imageTag: 'b' }, { imageDigest: image.digest, imageTag: 'a' }])
      expect(images?.map(({ imageId }) => imageId?.imageTag)).toEqual(['b', 'a'])
    })

    it('handles once what is named twice, image or failure', async () => {
      const none = { imageTag: 'none' }
      const { images, failures } = await get([{ imageTag: 'a' }, none, { imageTag: 'a' }, none])
      expect(images).toHaveLength(1)
      expect(failures).toHaveLength(1)
    })

    it('takes 100 identifiers', async () => {
      const names = Array.from({ length: 99 }, (_, index) => ({ imageTag: `none-${index}` }))
      const { images, failures } = await get([...names, { imageTag: 'a' }])
      expect(images).toHaveLength(1)
      expect(failures?.map(({ imageId }) => imageId)).toEqual(names)
    })

    it('answers an index as it is, whatever the caller accepts', async () => {
      const index = await anIndex(client, repositoryName, [image], { imageTag: 'index' })
      const { images } = await get([{ imageTag: 'index' }], {
        acceptedMediaTypes: [DOCKER_MANIFEST, DOCKER_MANIFEST_V1_SIGNED],
      })
      expect(images).toMatchObject([{ imageManifest: index.text, imageManifestMediaType: OCI_INDEX }])
    })
  })

  describe('conversion', () => {
    const config = {
      architecture: 'amd64',
      os: 'linux',
      config: { Cmd: ['/app'] },
      rootfs: { type: 'layers', diff_ids: ['sha256:0'] },
      history: [{ created_by: 'ADD app /' }, { created_by: 'CMD ["/app"]', empty_layer: true }],
    }
    type Stored = { text: string; digest: string; imageTag: string; layer: Descriptor }
    let docker: Stored
    let oci: Stored
    let schema1: Stored

    /** An image whose config tells its history, or `configBytes`. */
    async function put(
      mediaType: string,
      configBytes = Buffer.from(JSON.stringify(config)),
    ): Promise<Stored> {
      const isDocker = mediaType === DOCKER_MANIFEST
      const layer = await aLayer(client, repositoryName, undefined, isDocker ? DOCKER_LAYER : OCI_LAYER)
      const configType = isDocker ? DOCKER_CONFIG : OCI_CONFIG
      const descriptor = { mediaType: configType, digest: sha256(configBytes), size: configBytes.length }
      await aLayer(client, repositoryName, configBytes).catch((error) => {
        if (error.name !== 'LayerAlreadyExistsException') throw error
      })
      const text = manifestText(descriptor, [layer], { mediaType })
      const imageTag = aName('tag')
      await retag({ text }, imageTag)
      return { text, digest: sha256(text), imageTag, layer }
    }

    async function putSchema1(): Promise<Stored> {
      const layer = await aLayer(client, repositoryName)
      const fsLayers = [{ blobSum: layer.digest }]
      const text = JSON.stringify({
        schemaVersion: 1,
        name: 'n',
        tag: 't',
        fsLayers,
        history: [],
        signatures: [],
      })
      const imageTag = aName('tag')
      const imageManifestMediaType = DOCKER_MANIFEST_V1_SIGNED
      await client.send(
        new PutImageCommand({ repositoryName, imageManifest: text, imageTag, imageManifestMediaType }),
      )
      return { text, digest: sha256(text), imageTag, layer }
    }

    beforeAll(async () => {
      docker = await put(DOCKER_MANIFEST)
      oci = await put(OCI_MANIFEST)
      schema1 = await putSchema1()
    })

    const ask = async (imageId: ImageIdentifier, acceptedMediaTypes?: string[]) => {
      const { images } = await get([imageId], { acceptedMediaTypes })
      const [answered] = images ?? []
      return {
        imageId: answered?.imageId,
        text: answered?.imageManifest ?? '',
        mediaType: answered?.imageManifestMediaType,
      }
    }

    it.each([
      ['Docker', 'OCI', () => docker, OCI_MANIFEST, OCI_CONFIG, OCI_LAYER],
      ['OCI', 'Docker', () => oci, DOCKER_MANIFEST, DOCKER_CONFIG, DOCKER_LAYER],
    ] as const)(
      'by tag translates %s to %s, and keeps the digest of what is stored',
      async (_from, _to, stored, accepted, configType, layerType) => {
        const { digest, imageTag, text } = stored()
        const translated = await ask({ imageTag }, [accepted])
        expect(translated.imageId).toEqual({ imageDigest: digest, imageTag })
        expect(translated.mediaType).toBe(accepted)

        const { config: storedConfig, layers, ...others } = JSON.parse(text)
        expect(JSON.parse(translated.text)).toEqual({
          ...others,
          mediaType: accepted,
          config: { ...storedConfig, mediaType: configType },
          layers: [{ ...layers[0], mediaType: layerType }],
        })
      },
    )

    it.each([
      ['Docker', () => docker],
      ['OCI', () => oci],
    ])('by tag translates %s to signed schema 1', async (_, stored) => {
      const { digest, imageTag, layer } = stored()
      const translated = await ask({ imageTag }, [DOCKER_MANIFEST_V1, DOCKER_MANIFEST_V1_SIGNED])
      expect(translated.imageId).toEqual({ imageDigest: digest, imageTag })
      expect(translated.mediaType).toBe(DOCKER_MANIFEST_V1_SIGNED)

      const { history, ...manifest } = verifiedSchema1(translated.text)
      expect(manifest).toEqual({
        schemaVersion: 1,
        name: repositoryName,
        tag: imageTag,
        architecture: 'amd64',
        fsLayers: [{ blobSum: EMPTY_LAYER }, { blobSum: layer.digest }],
      })
      const [newest, oldest] = history.map((entry: { v1Compatibility: string }) =>
        JSON.parse(entry.v1Compatibility),
      )
      expect(newest).toMatchObject({
        os: 'linux',
        config: { Cmd: ['/app'] },
        parent: oldest.id,
        throwaway: true,
      })
      expect(oldest).toMatchObject({ container_config: { Cmd: ['ADD app /'] } })
    })

    it('leaves the signature out for who accepts only unsigned schema 1', async () => {
      const { text, mediaType } = await ask({ imageTag: oci.imageTag }, [DOCKER_MANIFEST_V1])
      expect(mediaType).toBe(DOCKER_MANIFEST_V1)
      const manifest = JSON.parse(text)
      expect(manifest).toMatchObject({ schemaVersion: 1, tag: oci.imageTag })
      expect(manifest).not.toHaveProperty('signatures')
    })

    it.each([
      ['by digest', () => oci, 'digest', [DOCKER_MANIFEST]],
      ['by tag and digest', () => oci, 'both', [DOCKER_MANIFEST]],
      ['in a type that is accepted', () => oci, 'tag', [DOCKER_MANIFEST, OCI_MANIFEST]],
      ['with nothing said of types', () => docker, 'tag', undefined],
      ['in a type that nothing is translated to', () => docker, 'tag', ['text/plain']],
      ['schema 1 for who accepts schema 2', () => schema1, 'tag', [DOCKER_MANIFEST]],
      ['schema 1 for who accepts OCI', () => schema1, 'tag', [OCI_MANIFEST]],
      ['schema 1 for who accepts it', () => schema1, 'tag', [DOCKER_MANIFEST_V1_SIGNED]],
    ] as const)('leaves as it is stored: %s', async (_, stored, named, accepted) => {
      const { digest: imageDigest, imageTag, text } = stored()
      const imageId = { digest: { imageDigest }, tag: { imageTag }, both: { imageDigest, imageTag } }[named]
      const answered = await ask(imageId, accepted && [...accepted])
      expect(answered.text).toBe(text)
      expect(answered.imageId).toEqual({ imageDigest, imageTag })
    })

    it('prefers what fits better to schema 1', async () => {
      const accepted = [DOCKER_MANIFEST_V1_SIGNED, DOCKER_MANIFEST]
      expect(await ask({ imageTag: oci.imageTag }, accepted)).toMatchObject({ mediaType: DOCKER_MANIFEST })
    })

    it.each([
      ['a chart', { configType: 'application/vnd.cncf.helm.config.v1+json' }, [DOCKER_MANIFEST]],
      ['an artifact', { artifactType: 'text/plain' }, [DOCKER_MANIFEST]],
      [
        'a chart for schema 1',
        { configType: 'application/vnd.cncf.helm.config.v1+json' },
        [DOCKER_MANIFEST_V1],
      ],
      ['an image whose config is no JSON, for schema 1', {}, [DOCKER_MANIFEST_V1_SIGNED]],
    ])('leaves %s as it is stored', async (_, options, accepted) => {
      const imageTag = aName('tag')
      const { text } = await anImage(client, repositoryName, { imageTag, ...options })
      expect(await ask({ imageTag }, accepted)).toMatchObject({ text, mediaType: OCI_MANIFEST })
    })

    describe('of JSON that is nested too deep to be written again', () => {
      const nested = `,"nested":${'['.repeat(100_000)}${']'.repeat(100_000)}}`

      it('leaves the manifest as it is stored, where Node.js can not write it', async () => {
        const imageTag = aName('tag')
        const text = docker.text.replace(/}$/, nested)
        await retag({ text }, imageTag)
        const answered = await ask({ imageTag }, [OCI_MANIFEST])
        // Node 26 writes what is nested as deep as it reads.
        if (isWritable(JSON.parse(text))) expect(answered.mediaType).toBe(OCI_MANIFEST)
        else expect(answered.text).toBe(text)
        expect(answered.text).toContain(nested)
      })

      it('leaves an image with such a config as it is stored', async () => {
        const { imageTag, text } = await put(
          DOCKER_MANIFEST,
          Buffer.from(JSON.stringify(config).replace(/}$/, nested)),
        )
        expect((await ask({ imageTag }, [DOCKER_MANIFEST_V1_SIGNED])).text).toBe(text)
      })
    })

    it('leaves an image as it is stored whose config is too large to be told in schema 1', async () => {
      const large = Buffer.from(JSON.stringify({ ...config, padding: ' '.repeat(512 * 1024) }))
      const { imageTag, text } = await put(DOCKER_MANIFEST, large)
      expect((await ask({ imageTag }, [DOCKER_MANIFEST_V1_SIGNED])).text).toBe(text)
    })
  })
})

function isWritable(value: unknown): boolean {
  try {
    return JSON.stringify(value).length > 0
  } catch {
    return false
  }
}
