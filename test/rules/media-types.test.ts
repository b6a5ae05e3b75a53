import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  DOCKER_MANIFEST_V1,
  DOCKER_MANIFEST_V1_SIGNED,
  DOCKER_TO_OCI,
  isIndexMediaType,
  isMediaType,
  OCI_INDEX,
  OCI_MANIFEST,
  OCI_TO_DOCKER,
} from '../../src/rules/media-types.ts'

const name = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9!#$&^_.+-]{0,126}$/)

describe('isMediaType', () => {
  it('takes two names of RFC 6838 with a slash between them', () => {
    fc.assert(fc.property(name, name, (type, subtype) => isMediaType(`${type}/${subtype}`)))
  })

  it('takes no other character anywhere', () => {
    const other = fc.stringMatching(/^[^a-zA-Z0-9!#$&^_.+-]$/)
    fc.assert(
      fc.property(name, name, other, fc.nat(), (type, subtype, wrong, seed) => {
        const text = `${type}/${subtype}`
        const at = seed % (text.length + 1)
        return !isMediaType(text.slice(0, at) + wrong + text.slice(at))
      }),
    )
  })

  it.each([
    [`${'a'.repeat(127)}/${'b'.repeat(127)}`, true],
    [`${'a'.repeat(128)}/b`, false],
    [`a/${'b'.repeat(128)}`, false],
    ['', false],
    ['json', false],
    ['/json', false],
    ['application/', false],
    ['a/b/c', false],
    ['application/json; charset=utf-8', false],
    ['application/*', false],
    ['application/json\n', false],
    ['a/b\r\nx-header: 1', false],
    ['.a/b', false],
  ])('%j: %s', (text, expected) => {
    expect(isMediaType(text)).toBe(expected)
  })
})

describe('isIndexMediaType', () => {
  it.each([
    [OCI_INDEX, true],
    [DOCKER_MANIFEST_LIST, true],
    [OCI_MANIFEST, false],
    [DOCKER_MANIFEST, false],
    [DOCKER_MANIFEST_V1, false],
    [DOCKER_MANIFEST_V1_SIGNED, false],
    ['application/vnd.example+json', false],
  ])('%s: %s', (mediaType, expected) => {
    expect(isIndexMediaType(mediaType)).toBe(expected)
  })
})

describe("Docker's names beside OCI's", () => {
  it('lead there and back', () => {
    expect(OCI_TO_DOCKER.size).toBe(DOCKER_TO_OCI.size)
    for (const [docker, oci] of DOCKER_TO_OCI)
      expect([OCI_TO_DOCKER.get(oci), isMediaType(oci)]).toEqual([docker, true])
  })

  it('are those of image-spec, "Compatibility Matrix"', () => {
    expect(Object.fromEntries(DOCKER_TO_OCI)).toMatchObject({
      'application/vnd.docker.distribution.manifest.v2+json': 'application/vnd.oci.image.manifest.v1+json',
      'application/vnd.docker.container.image.v1+json': 'application/vnd.oci.image.config.v1+json',
      'application/vnd.docker.image.rootfs.diff.tar.gzip': 'application/vnd.oci.image.layer.v1.tar+gzip',
    })
  })
})
