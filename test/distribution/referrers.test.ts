import { describe, expect, it } from 'vitest'
import { OCI_INDEX, OCI_MANIFEST } from '../../src/rules/media-types.ts'
import { aRepository, type Descriptor, indexText, sha256 } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { digestInvalid, nameUnknown, ociParameter, toldBy } from '../support/oci-errors.ts'
import { NAME_CONSTRAINT } from '../support/refusals.ts'
import { jsonOf, registryClient } from '../support/registry.ts'

const ABSENT = `sha256:${'0'.repeat(64)}`
const SBOM = 'application/vnd.example.sbom+json'
const SIGNATURE = 'application/vnd.example.signature'

describe('GET referrers/', () => {
  const ecr = emulator()
  const client = registryClient(ecr)

  const ask = (name: string, digest: string, query = '') =>
    client.send(`/v2/${name}/referrers/${digest}${query}`)
  const manifests = async (name: string, digest: string, query = '') =>
    (await jsonOf(ask(name, digest, query))).manifests

  /** An image in a repository of its own, with a signature and an SBOM attached. */
  async function aSignedImage() {
    const name = await aRepository(ecr.client())
    const { digest, mediaType, size } = await client.pushImage(name, 'v1')
    const subject: Descriptor = { digest, mediaType, size }
    const signature = await client.pushImage(name, undefined, { subject, artifactType: SIGNATURE })
    const annotations = { 'org.example.made': 'today' }
    const sbom = await client.pushImage(name, undefined, { subject, configType: SBOM, annotations })
    const described = {
      signature: {
        mediaType: OCI_MANIFEST,
        digest: signature.digest,
        size: signature.size,
        artifactType: SIGNATURE,
      },
      sbom: {
        mediaType: OCI_MANIFEST,
        digest: sbom.digest,
        size: sbom.size,
        artifactType: SBOM,
        annotations,
      },
    }
    return { name, digest, subject, ...described }
  }

  it.each(['sha256:abc', 'latest'])('refuses %s', async (digest) => {
    const name = await aRepository(ecr.client())
    expect(await toldBy(ask(name, digest))).toEqual(digestInvalid(digest, 'imageDigest'))
  })

  it('refuses a name that no repository has, and knows none that is missing', async () => {
    const refusal = ociParameter('repositoryName', NAME_CONSTRAINT, 400, 'NAME_INVALID')
    expect(await toldBy(ask('Upper', ABSENT))).toEqual(refusal)
    expect(await toldBy(ask('no/such', ABSENT))).toEqual(nameUnknown('no/such'))
  })

  it.each([ABSENT, `sha512:${'0'.repeat(128)}`])(
    'is an empty index for %s, which is not here',
    async (digest) => {
      const response = await ask(await aRepository(ecr.client()), digest)
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toBe(OCI_INDEX)
      expect(await jsonOf(response)).toEqual({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] })
    },
  )

  it('describes what refers to a manifest, in the order of the pushes', async () => {
    const { name, digest, signature, sbom } = await aSignedImage()
    const response = await ask(name, digest)
    expect(response.headers.has('oci-filters-applied')).toBe(false)
    expect(response.headers.has('link')).toBe(false)
    expect(await jsonOf(response)).toEqual({
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: [signature, sbom],
    })
  })

  it('takes the digest escaped', async () => {
    const { name, digest, signature, sbom } = await aSignedImage()
    expect(await manifests(name, encodeURIComponent(digest))).toEqual([signature, sbom])
  })

  it.each([
    [SIGNATURE, ['signature']],
    [SBOM, ['sbom']],
    ['application/vnd.example.none', []],
    ['application/vnd.example.*', []],
    ['*', []],
  ] as const)('filters by the artifact type %s, and says so', async (type, expected) => {
    const image = await aSignedImage()
    const response = await ask(image.name, image.digest, `?artifactType=${encodeURIComponent(type)}`)
    expect(response.headers.get('oci-filters-applied')).toBe('artifactType')
    expect((await jsonOf(response)).manifests).toEqual(expected.map((which) => image[which]))
  })

  it('takes an empty filter for none', async () => {
    const { name, digest, signature, sbom } = await aSignedImage()
    const response = await ask(name, digest, '?artifactType=')
    expect(response.headers.has('oci-filters-applied')).toBe(false)
    expect((await jsonOf(response)).manifests).toEqual([signature, sbom])
  })

  it('describes an index that refers to an image, with and without an artifact type', async () => {
    const { name, subject, digest } = await aSignedImage()
    const plain = await client.pushIndex(name, [], undefined, { subject })
    const typed = await client.pushIndex(name, [], undefined, { subject, artifactType: SBOM })
    expect((await manifests(name, digest)).slice(2)).toEqual([
      { mediaType: OCI_INDEX, digest: plain.digest, size: plain.size },
      { mediaType: OCI_INDEX, digest: typed.digest, size: typed.size, artifactType: SBOM },
    ])
  })

  it('describes referrers of referrers, of each its own', async () => {
    const { name, signature } = await aSignedImage()
    const { mediaType, digest, size } = signature
    const { digest: second } = await client.pushImage(name, undefined, {
      subject: { mediaType, digest, size },
    })
    expect(await manifests(name, digest)).toMatchObject([{ digest: second }])
  })

  it('knows referrers before their subject comes, and after it went', async () => {
    const name = await aRepository(ecr.client())
    const { text } = await client.pushImage(await aRepository(ecr.client()))
    const subject = { mediaType: OCI_INDEX, digest: sha256(indexText([])), size: text.length }
    const { digest } = await client.pushImage(name, undefined, { subject })
    expect(await manifests(name, subject.digest)).toMatchObject([{ digest }])
    await client.pushIndex(name, [], 'v1')
    expect(await manifests(name, subject.digest)).toMatchObject([{ digest }])
    await client.send(`/v2/${name}/manifests/${subject.digest}`, { method: 'DELETE' })
    expect(await manifests(name, subject.digest)).toMatchObject([{ digest }])
  })

  it('forgets referrers that are deleted', async () => {
    const { name, digest, signature, sbom } = await aSignedImage()
    await client.send(`/v2/${name}/manifests/${signature.digest}`, { method: 'DELETE' })
    expect(await manifests(name, digest)).toEqual([sbom])
  })

  it('does not tell the referrers of another repository', async () => {
    const { digest } = await aSignedImage()
    expect(await manifests(await aRepository(ecr.client()), digest)).toEqual([])
  })

  it('answers HEAD without a body', async () => {
    const { name, digest } = await aSignedImage()
    const response = await client.send(`/v2/${name}/referrers/${digest}`, { method: 'HEAD' })
    expect([response.status, await response.text()]).toEqual([200, ''])
  })

  it('links a thousand referrers to those that follow, and keeps the filter', async () => {
    const name = await aRepository(ecr.client())
    const subject = { mediaType: OCI_MANIFEST, digest: ABSENT, size: 1 }
    const texts = Array.from({ length: 1002 }, (_, number) =>
      indexText([], { subject, artifactType: SBOM, annotations: { number: String(number) } }),
    )
    for (const text of texts) await client.putManifest(name, sha256(text), text, OCI_INDEX)
    const first = await ask(name, ABSENT, `?artifactType=${encodeURIComponent(SBOM)}`)
    const link = first.headers.get('link') ?? ''
    const escaped = encodeURIComponent(SBOM)
    expect(link).toMatch(/^<\/v2\/[^>]+>; rel="next"$/)
    expect(link).toContain(`artifactType=${escaped}`)
    const second = await client.send(link.slice(1, link.indexOf('>')))
    expect(second.headers.has('link')).toBe(false)
    const listed = [...(await jsonOf(first)).manifests, ...(await jsonOf(second)).manifests]
    expect(listed.map(({ digest }) => digest)).toEqual(texts.map(sha256))
  })
})
