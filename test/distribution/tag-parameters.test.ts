import { describe, expect, it } from 'vitest'
import { OCI_INDEX } from '../../src/rules/media-types.ts'
import { aRepository, indexText, sha256, sha512 } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { MANIFEST_UNKNOWN, ociParameter, ociRefusal, toldBy } from '../support/oci-errors.ts'
import { jsonOf, registryClient } from '../support/registry.ts'

/*
 * distribution-spec end-7b: one push brings an image by its digest and under several tags.
 */
describe('PUT manifests/<digest>?tag=', () => {
  const ecr = emulator()
  const { send, putManifest, pushImage } = registryClient(ecr)

  /** Pushes an empty index under tags. */
  const push = (name: string, query: string, digest = sha256(indexText([]))) =>
    putManifest(name, `${digest}?${query}`, indexText([]), OCI_INDEX)

  const tagsOf = async (name: string) => (await jsonOf(send(`/v2/${name}/tags/list`))).tags

  describe('validation', () => {
    it('refuses what is no tag, and takes none of the others', async () => {
      const name = await aRepository(ecr.client())
      const constraint = "must satisfy regular expression '[a-zA-Z0-9-_.]+'"
      expect(await toldBy(push(name, 'tag=v1&tag=a%2Bb'))).toEqual(
        ociParameter('imageTag', constraint, 400, 'TAG_INVALID'),
      )
      expect(await tagsOf(name)).toEqual([])
    })

    it('refuses more than a hundred tags', async () => {
      const name = await aRepository(ecr.client())
      const query = (count: number) => Array.from({ length: count }, (_, index) => `tag=v${index}`).join('&')
      expect(await toldBy(push(name, query(101)))).toEqual(
        ociRefusal(414, 'TAG_INVALID', 'There are more than 100 tags in one push'),
      )
      expect((await push(name, query(100))).status).toBe(201)
      expect(await tagsOf(name)).toHaveLength(100)
    })
  })

  describe('refusals', () => {
    it('moves all of the tags or none', async () => {
      const name = await aRepository(ecr.client(), { imageTagMutability: 'IMMUTABLE' })
      await pushImage(name, 'taken')
      const { status, code } = await toldBy(push(name, 'tag=free&tag=taken'))
      expect([status, code]).toEqual([400, 'TAG_INVALID'])
      expect(await tagsOf(name)).toEqual(['taken'])
      expect(await toldBy(send(`/v2/${name}/manifests/${sha256(indexText([]))}`))).toEqual(MANIFEST_UNKNOWN)
    })
  })

  describe('effects', () => {
    it.each([
      ['SHA-256', sha256(indexText([]))],
      ['SHA-512', sha512(indexText([]))],
    ])('tags an image of %s, and tells which tags it has now', async (_what, digest) => {
      const name = await aRepository(ecr.client())
      const response = await push(name, 'tag=v1&tag=latest&tag=v1', digest)
      expect([response.status, response.headers.get('oci-tag')]).toEqual([201, 'v1, latest'])
      expect(response.headers.get('docker-content-digest')).toBe(digest)
      expect(await tagsOf(name)).toEqual(['latest', 'v1'])
      for (const tag of ['v1', 'latest']) {
        const { headers } = await send(`/v2/${name}/manifests/${tag}`)
        expect(headers.get('docker-content-digest')).toBe(digest)
      }
    })

    it('tells one event for each tag, as pushes of each would', async () => {
      const name = await aRepository(ecr.client())
      await push(name, 'tag=v1&tag=latest')
      const pushed = (await ecr.server.events())
        .map(({ detail }) => detail as Record<string, unknown>)
        .filter((detail) => detail['repository-name'] === name)
      expect(pushed.map((detail) => detail['image-tag'])).toEqual(['v1', 'latest'])
    })

    it('moves a tag that another image had', async () => {
      const name = await aRepository(ecr.client())
      const { digest } = await pushImage(name, 'latest')
      await push(name, 'tag=latest')
      expect((await send(`/v2/${name}/manifests/latest`)).headers.get('docker-content-digest')).not.toBe(
        digest,
      )
    })

    it('means nothing where the manifest is put under a tag', async () => {
      const name = await aRepository(ecr.client())
      const response = await putManifest(name, 'v1?tag=v2', indexText([]), OCI_INDEX)
      expect([response.status, response.headers.get('oci-tag')]).toEqual([201, null])
      expect(await tagsOf(name)).toEqual(['v1'])
    })
  })
})
