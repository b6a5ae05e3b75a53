import { randomBytes } from 'node:crypto'
import {
  BatchCheckLayerAvailabilityCommand,
  BatchDeleteImageCommand,
  type ECRClient,
} from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it } from 'vitest'
import { OCI_CONFIG } from '../../src/rules/media-types.ts'
import {
  aLayer,
  aName,
  anImage,
  anUpload,
  aRepository,
  OCI_LAYER,
  sendPart,
  sha256,
} from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { invalidParameter, invalidRepositoryMembers, repositoryNotFound } from '../support/refusals.ts'
import { registryClient } from '../support/registry.ts'

const DIGEST = sha256('a layer')

describe('BatchCheckLayerAvailability', () => {
  const ecr = emulator()
  let client: ECRClient
  let repositoryName: string
  beforeAll(async () => {
    client = ecr.client()
    repositoryName = await aRepository(client)
  })

  const check = async (layerDigests: string[], settings: object = {}) => {
    const input = { repositoryName, layerDigests, ...settings }
    const { layers, failures } = await client.send(new BatchCheckLayerAvailabilityCommand(input))
    return { layers, failures }
  }
  const unavailable = (layerDigest: string) => ({ layerAvailability: 'UNAVAILABLE', layerDigest })

  describe('validation', () => {
    const list = (length: number) => ({ layerDigests: Array(length).fill(DIGEST) })
    const long = `sha256:${'0'.repeat(994)}`
    it.each([
      ...invalidRepositoryMembers,
      ['layerDigests', 'Member must not be null', { layerDigests: undefined }],
      ['layerDigests', 'Member must have length greater than or equal to 1', list(0)],
      ['layerDigests', 'Member must have length less than or equal to 100', list(101)],
      [
        'layerDigests',
        'Member must satisfy constraint: [Member must have length less than or equal to 1000]',
        { layerDigests: [DIGEST, long] },
      ],
    ])('says of %s: %s', async (member, constraint, input) => {
      await expect(check([DIGEST], input)).rejects.toMatchObject(invalidParameter(member, constraint))
    })
  })

  describe('refusals', () => {
    it('refuses a repository that is not there', async () => {
      const missing = aName()
      await expect(check([DIGEST], { repositoryName: missing })).rejects.toMatchObject(
        repositoryNotFound(missing),
      )
    })
  })

  describe('effects', () => {
    it('tells size and media type of the layers of an image, in the order of the request', async () => {
      const { config, layers } = await anImage(client, repositoryName)
      const [layer] = layers
      const digests = [layer?.digest ?? '', DIGEST, config.digest]
      const available = { layerAvailability: 'AVAILABLE' }
      expect(await check(digests)).toEqual({
        layers: [
          { ...available, layerDigest: layer?.digest, layerSize: 64, mediaType: OCI_LAYER },
          unavailable(DIGEST),
          { ...available, layerDigest: config.digest, layerSize: 32, mediaType: OCI_CONFIG },
        ],
        failures: [],
      })
    })

    it('tells no media type of a layer that no image names, or names no longer', async () => {
      const { digest } = await aLayer(client, repositoryName)
      const image = await anImage(client, repositoryName)
      const imageIds = [{ imageDigest: image.digest }]
      await client.send(new BatchDeleteImageCommand({ repositoryName, imageIds }))
      const digests = [digest, image.layers[0]?.digest ?? '']
      const layers = digests.map((layerDigest) => ({
        layerAvailability: 'AVAILABLE',
        layerDigest,
        layerSize: 64,
      }))
      expect(await check(digests)).toEqual({ layers, failures: [] })
    })

    it.each([
      ['has not the algorithm of ECR', `sha512:${'0'.repeat(128)}`],
      ['is too short', 'sha256:00'],
      [
        'is in capitals',
        DIGEST.replace(/[a-f]+/g, (hex) => hex)
          .toUpperCase()
          .replace('SHA', 'sha'),
      ],
    ])('calls a digest that %s unavailable, as it is well formed', async (_, digest) => {
      expect(await check([digest])).toEqual({ layers: [unavailable(digest)], failures: [] })
    })

    it('fails for what is no digest, and answers the rest', async () => {
      const reason = 'Invalid request parameters: layer digest'
      const invalid = (layerDigest: string) => ({
        layerDigest,
        failureCode: 'InvalidLayerDigest',
        failureReason: `${reason} should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'`,
      })
      const missing = { failureCode: 'MissingLayerDigest', failureReason: `${reason} cannot be empty` }
      expect(await check(['latest', DIGEST, '', 'sha256:xyz'])).toEqual({
        layers: [unavailable(DIGEST)],
        failures: [invalid('latest'), { ...missing, layerDigest: '' }, invalid('sha256:xyz')],
      })
    })

    it('answers a digest that is named twice once', async () => {
      expect(await check([DIGEST, DIGEST])).toEqual({ layers: [unavailable(DIGEST)], failures: [] })
    })

    it('does not tell of layers that other repositories have, or that are still on their way', async () => {
      const { digest } = await aLayer(client, await aRepository(client))
      const bytes = randomBytes(64)
      await sendPart(client, repositoryName, await anUpload(client, repositoryName), bytes)
      const digests = [digest, sha256(bytes)]
      expect(await check(digests)).toEqual({ layers: digests.map(unavailable), failures: [] })
    })

    it('tells of blobs that came through the registry', async () => {
      const { digest, size } = await registryClient(ecr).pushBlob(repositoryName)
      const layer = { layerAvailability: 'AVAILABLE', layerDigest: digest, layerSize: size }
      expect(await check([digest])).toEqual({ layers: [layer], failures: [] })
    })
  })
})
