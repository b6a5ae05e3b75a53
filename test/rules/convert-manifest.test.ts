import { describe, expect, it } from 'vitest'
import { conversionFor, convertManifest, imageParts } from '../../src/rules/convert-manifest.ts'
import { digestOf } from '../../src/rules/digest.ts'
import {
  DOCKER_CONFIG,
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  DOCKER_MANIFEST_V1,
  DOCKER_MANIFEST_V1_SIGNED,
  DOCKER_TO_OCI,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_MANIFEST,
} from '../../src/rules/media-types.ts'

const V1 = DOCKER_MANIFEST_V1
const SIGNED = DOCKER_MANIFEST_V1_SIGNED

describe('conversionFor', () => {
  it.each([
    ['nothing accepted', DOCKER_MANIFEST, [], undefined],
    ['its own type', DOCKER_MANIFEST, [OCI_MANIFEST, DOCKER_MANIFEST], undefined],
    ['Docker as OCI', DOCKER_MANIFEST, [OCI_MANIFEST], OCI_MANIFEST],
    ['OCI as Docker', OCI_MANIFEST, [DOCKER_MANIFEST], DOCKER_MANIFEST],
    ['Docker as schema 1', DOCKER_MANIFEST, [V1], V1],
    ['OCI as signed schema 1', OCI_MANIFEST, [SIGNED], SIGNED],
    ['signed rather than not', OCI_MANIFEST, [V1, SIGNED], SIGNED],
    ['what fits better than schema 1', OCI_MANIFEST, [SIGNED, V1, DOCKER_MANIFEST], DOCKER_MANIFEST],
    ['no type that there is a way to', OCI_MANIFEST, [OCI_INDEX, 'text/plain'], undefined],
    ['schema 1, which is never translated', SIGNED, [V1, DOCKER_MANIFEST, OCI_MANIFEST], undefined],
    ['an index', OCI_INDEX, [DOCKER_MANIFEST_LIST, OCI_MANIFEST], undefined],
    ['a list', DOCKER_MANIFEST_LIST, [OCI_INDEX, DOCKER_MANIFEST], undefined],
  ])('%s', (_, stored, accepted, conversion) => {
    expect(conversionFor(stored, accepted)).toBe(conversion)
  })
})

const digestNamed = (name: string) => digestOf(Buffer.from(name))
const [, , ...layerTypes] = [...DOCKER_TO_OCI]

/** An image with one layer of each type, in Docker's words (0) or OCI's (1). */
function image(dialect: 0 | 1, extra: object = {}) {
  const manifest = {
    schemaVersion: 2,
    mediaType: [DOCKER_MANIFEST, OCI_MANIFEST][dialect] as string,
    config: { mediaType: [DOCKER_CONFIG, OCI_CONFIG][dialect], digest: digestNamed('config'), size: 7 },
    layers: layerTypes.map((names, index) => ({
      mediaType: names[dialect],
      digest: digestNamed(`layer ${index}`),
      size: index,
      urls: ['https://example.com/layer'],
    })),
    annotations: { title: 'kept' },
    ...extra,
  }
  return { bytes: Buffer.from(JSON.stringify(manifest)), mediaType: manifest.mediaType }
}

describe('convertManifest', () => {
  it.each([
    [0, 1],
    [1, 0],
  ] as const)('changes media types and nothing else, from %i to %i', (from, to) => {
    const converted = convertManifest(image(from), image(to).mediaType)
    expect(converted).toEqual(image(to))
  })

  it.each([
    ['an artifact', 1, { artifactType: 'text/plain' }],
    ['no config', 1, { config: undefined }],
    ['a config of another type', 1, { config: { mediaType: 'application/vnd.cncf.helm.config.v1+json' } }],
    ['a config without a type', 0, { config: {} }],
    [
      'a layer that Docker has no name for',
      1,
      { layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd' }] },
    ],
    ['a layer in the words of the other', 0, { layers: [{ mediaType: layerTypes[0]?.[1] }] }],
  ] as const)('leaves %s', (_, dialect, extra) => {
    expect(convertManifest(image(dialect, extra), DOCKER_MANIFEST)).toBeUndefined()
    expect(imageParts(image(dialect, extra))).toBeUndefined()
  })

  it('takes an image of no layers', () => {
    const converted = convertManifest(image(1, { layers: undefined }), DOCKER_MANIFEST)
    expect(JSON.parse(`${converted?.bytes}`)).toMatchObject({
      config: { mediaType: DOCKER_CONFIG },
      layers: [],
    })
  })
})

describe('imageParts', () => {
  it('are the digests of config and layers, in order', () => {
    const layers = layerTypes.map((_, index) => digestNamed(`layer ${index}`))
    expect(imageParts(image(0))).toEqual({ config: digestNamed('config'), layers })
    expect(imageParts(image(1))).toEqual({ config: digestNamed('config'), layers })
  })
})
