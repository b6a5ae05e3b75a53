import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digestFromHex } from '../../src/rules/digest.ts'
import { NotAManifest, readManifest } from '../../src/rules/manifest.ts'
import {
  DOCKER_CONFIG,
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  DOCKER_MANIFEST_V1,
  DOCKER_MANIFEST_V1_SIGNED,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_MANIFEST,
} from '../../src/rules/media-types.ts'

const digest = (digit: string) => digestFromHex(digit.repeat(64))
const [A, B, C, D] = [digest('a'), digest('b'), digest('c'), digest('d')]

const config = { mediaType: OCI_CONFIG, digest: A, size: 10 }
const layer = { mediaType: 'application/vnd.example.layer', digest: B, size: 20 }
const other = { mediaType: 'application/vnd.example.other', digest: C, size: 0 }

const read = (manifest: object, mediaType?: string) =>
  readManifest(Buffer.from(JSON.stringify(manifest)), mediaType)
const digestsOf = (manifest: object, mediaType?: string) =>
  read(manifest, mediaType).blobs.map((blob) => blob.digest)

describe('readManifest', () => {
  it('reads config and layers, each digest once and in order', () => {
    const manifest = {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config,
      layers: [other, layer, other, config],
    }
    const isForeign = false
    expect(read(manifest)).toEqual({
      declaredMediaType: OCI_MANIFEST,
      artifactType: OCI_CONFIG,
      blobs: [
        { ...config, isForeign },
        { ...other, isForeign },
        { ...layer, isForeign },
      ],
      children: [],
      subject: undefined,
      annotations: undefined,
    })
  })

  it('reads the manifests of an index, each once', () => {
    const manifests = [layer, config, layer]
    const facts = read({ mediaType: OCI_INDEX, manifests })
    expect([facts.children, facts.blobs, facts.artifactType]).toEqual([[B, A], [], undefined])
  })

  it.each([
    [
      'its own before that of the config',
      { artifactType: 'application/vnd.a', config },
      OCI_MANIFEST,
      'application/vnd.a',
    ],
    ['that of the config', { config }, OCI_MANIFEST, OCI_CONFIG],
    [
      'that of the config, for Docker',
      { config: { ...config, mediaType: DOCKER_CONFIG } },
      DOCKER_MANIFEST,
      DOCKER_CONFIG,
    ],
    ['that of the config where its own is empty', { artifactType: '', config }, OCI_MANIFEST, OCI_CONFIG],
    ['none without either', {}, OCI_MANIFEST, undefined],
    ['none of a config without a type', { config: { digest: A, size: 1 } }, OCI_MANIFEST, undefined],
    ['its own, of an index', { artifactType: 'application/vnd.a' }, OCI_INDEX, 'application/vnd.a'],
    ['none, of an index with a config', { config }, OCI_INDEX, undefined],
    ['none, of a list with a config', { config }, DOCKER_MANIFEST_LIST, undefined],
  ])('tells the artifact type: %s', (_, manifest, mediaType, expected) => {
    expect(read(manifest, mediaType).artifactType).toBe(expected)
    expect(read({ ...manifest, mediaType }).artifactType).toBe(expected)
  })

  it('reads the blobs of an ORAS artifact manifest', () => {
    const blobs = [layer, other]
    expect(digestsOf({ mediaType: 'application/vnd.oci.artifact.manifest.v1+json', blobs })).toEqual([B, C])
  })

  it.each([DOCKER_MANIFEST_V1, DOCKER_MANIFEST_V1_SIGNED])('reads the layers of %s', (mediaType) => {
    const fsLayers = [A, B, A].map((blobSum) => ({ blobSum }))
    expect(digestsOf({ schemaVersion: 1, fsLayers }, mediaType)).toEqual([A, B])
    expect(() => read({ fsLayers: [{ blobSum: 'sha256:00' }] }, mediaType)).toThrow(
      'Invalid digest in fsLayers',
    )
    expect(() => read({ fsLayers: [{}] }, mediaType)).toThrow('Invalid digest in fsLayers')
  })

  it('looks for no layers of schema 1 in other manifests', () => {
    expect(digestsOf({ fsLayers: [{ blobSum: A }] }, OCI_MANIFEST)).toEqual([])
  })

  it.each([
    ['elsewhere only', [{ ...layer, urls: ['https://example.com'] }], true],
    ['here, before', [layer, { ...layer, urls: ['https://example.com'] }], false],
    ['here, after', [{ ...layer, urls: ['https://example.com'] }, layer], false],
    ['nowhere else, its list being empty', [{ ...layer, urls: [] }], false],
  ])('knows a layer that lies %s', (_, layers, isForeign) => {
    expect(read({ layers }).blobs).toEqual([{ ...layer, isForeign }])
  })

  it('reads subject and annotations', () => {
    const annotations = { title: 'a', count: 1, empty: '' }
    const facts = read({ subject: { digest: D }, annotations })
    expect(facts).toMatchObject({ subject: D, annotations: { title: 'a', empty: '' } })
    expect(read({ annotations: { count: 1 } }).annotations).toBeUndefined()
  })

  it('takes null for absent', () => {
    const nothing = { config: null, layers: null, manifests: null, subject: null, annotations: null }
    expect(read({ ...nothing, mediaType: null, artifactType: null })).toEqual(read({}))
  })

  it.each([
    ['no JSON', '{"a":'],
    ['a byte order mark', '\ufeff{}'],
    ['nothing', ''],
    ['a list', '[]'],
    ['null', 'null'],
    ['text', '"{}"'],
    ['two objects', '{}{}'],
  ])('refuses %s', (_, text) => {
    expect(() => readManifest(Buffer.from(text), OCI_MANIFEST)).toThrow(
      new NotAManifest('Invalid JSON syntax'),
    )
  })

  it('refuses bytes that are not UTF-8', () => {
    const bytes = Buffer.from('{"a":"\xff"}', 'latin1')
    expect(() => readManifest(bytes, OCI_MANIFEST)).toThrow(new NotAManifest('Invalid JSON syntax'))
  })

  it.each([1.5, -1, 2 ** 53, '10', null, undefined])('refuses a size of %j', (size) => {
    const wrong = { ...layer, size }
    expect(() => read({ layers: [wrong] })).toThrow(`Invalid size in the descriptor of ${B}`)
  })

  it('answers facts or NotAManifest, whatever the JSON', () => {
    const descriptor = fc.record(
      { digest: fc.oneof(fc.constant(A), fc.string()), size: fc.jsonValue(), urls: fc.jsonValue() },
      { requiredKeys: [] },
    )
    const part = fc.oneof(fc.jsonValue(), descriptor, fc.array(descriptor, { maxLength: 3 }))
    const members = [
      'config',
      'layers',
      'blobs',
      'manifests',
      'fsLayers',
      'subject',
      'annotations',
      'mediaType',
    ]
    const manifest = fc.dictionary(fc.constantFrom(...members), part)
    const types = [undefined, OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST_V1, DOCKER_MANIFEST_V1_SIGNED]
    fc.assert(
      fc.property(manifest, fc.constantFrom(...types), (value, mediaType) => {
        try {
          for (const { digest } of read(value, mediaType).blobs) expect(digest).toBe(A)
        } catch (error) {
          expect(error).toBeInstanceOf(NotAManifest)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('reads a manifest in any spelling of its JSON', () => {
    const manifest = { mediaType: OCI_MANIFEST, config, layers: [layer], subject: { digest: D } }
    fc.assert(
      fc.property(
        fc.nat({ max: 10 }),
        fc.shuffledSubarray(Object.entries(manifest), { minLength: 4 }),
        (indent, entries) => {
          const text = JSON.stringify(Object.fromEntries(entries), null, indent)
          expect(readManifest(Buffer.from(text), undefined)).toEqual(read(manifest))
        },
      ),
    )
  })
})
