import { describe, expect } from 'vitest'
import {
  DOCKER_CONFIG,
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_MANIFEST,
} from '../../src/rules/media-types.ts'
import { clientTest, imagesOf, SCHEMES } from '../support/clients.ts'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { anOciLayout } from '../support/oci-layout.ts'
import type { User } from '../support/user.ts'

describe.concurrent.each(SCHEMES)('skopeo over %s', (scheme) => {
  const ecr = emulator({ tls: scheme === 'https' })
  const it = clientTest(['skopeo'], ecr, scheme)
  const isVerified = scheme === 'https'
  const PLAIN = `--tls-verify=${isVerified}`
  const PUSH = `skopeo copy --dest-tls-verify=${isVerified}`
  const PULL = `skopeo copy --src-tls-verify=${isVerified}`

  /** Makes a repository and an image of a layout, and lets skopeo accept images without signatures. */
  async function aTarget(user: User, architectures?: string[]) {
    await user.write('.config/containers/policy.json', '{"default":[{"type":"insecureAcceptAnything"}]}')
    const layout = await anOciLayout(user, 'layout', architectures)
    const name = await aRepository(ecr.client())
    return { name, layout, target: `docker://$REGISTRY/${name}` }
  }

  it('logs in with a password, and with no other', async ({ user }) => {
    const login = `rm -f .docker/config.json; skopeo login ${PLAIN} -u AWS --password-stdin $REGISTRY`
    expect((await user.failing(`${login} <<<x$PASSWORD`)).stderr).toContain('invalid username/password')
    expect(await user.sh(`${login} <<<$PASSWORD`)).toBe('Login Succeeded!')
  })

  // A format for each: the one has nothing to do with the other.
  const [format, mediaType, artifactType] =
    scheme === 'http' ? ['oci', OCI_MANIFEST, OCI_CONFIG] : ['v2s2', DOCKER_MANIFEST, DOCKER_CONFIG]

  it(`copies an image there and back as ${format}`, async ({ user }) => {
    const { name, layout, target } = await aTarget(user)
    await user.sh(`${PUSH} --format ${format} oci:layout:latest ${target}:v1`)
    expect(await imagesOf(ecr, name)).toMatchObject([
      { imageTags: ['v1'], imageManifestMediaType: mediaType, artifactMediaType: artifactType },
    ])
    await user.sh(`${PULL} ${target}:v1 oci:pulled:latest`)
    const layer = `blobs/${layout.images[0]?.layer.digest.replace(':', '/')}`
    await user.sh(`cmp layout/${layer} pulled/${layer}`)
  })

  it('inspects, lists tags and deletes', async ({ user }) => {
    const { name, layout, target } = await aTarget(user)
    await user.sh(`for tag in b a; do ${PUSH} oci:layout:latest ${target}:$tag; done`)
    const inspected = JSON.parse(await user.sh(`skopeo inspect ${PLAIN} ${target}:a`))
    expect(inspected).toMatchObject({
      Digest: layout.digest,
      RepoTags: ['a', 'b'],
      Layers: [layout.images[0]?.layer.digest],
    })
    const listed = JSON.parse(await user.sh(`skopeo list-tags ${PLAIN} ${target}`))
    expect(listed.Tags).toEqual(['a', 'b'])
    // It deletes the manifest that the tag names, and so both tags.
    await user.sh(`skopeo delete ${PLAIN} ${target}:a`)
    expect(await imagesOf(ecr, name)).toEqual([])
  })

  // The rest is the same by whatever scheme.
  if (scheme === 'https') return

  it.for([
    { format: 'oci', mediaType: OCI_INDEX },
    { format: 'v2s2', mediaType: DOCKER_MANIFEST_LIST },
  ])('copies all of an index as $format', async ({ format, mediaType }, { user }) => {
    const { name, target } = await aTarget(user, ['amd64', 'arm64'])
    await user.sh(`${PUSH} --all --format ${format} oci:layout:latest ${target}:v1`)
    const images = await imagesOf(ecr, name)
    expect(images).toHaveLength(3)
    expect(images[2]).toMatchObject({ imageTags: ['v1'], imageManifestMediaType: mediaType })
  })

  it('copies an image from a directory', async ({ user }) => {
    const { name, layout, target } = await aTarget(user)
    await user.sh(`skopeo copy oci:layout:latest dir:directory && ${PUSH} dir:directory ${target}:v1`)
    expect(await imagesOf(ecr, name)).toMatchObject([{ imageDigest: layout.digest, imageTags: ['v1'] }])
  })

  it('syncs a repository to a directory and from there to another', async ({ user }) => {
    const { name, layout, target } = await aTarget(user)
    await user.sh(`for tag in b a; do ${PUSH} oci:layout:latest ${target}:$tag; done`)
    await aRepository(ecr.client(), { repositoryName: `mirror/${name}` })
    await user.sh(`skopeo sync --src-tls-verify=${isVerified} --src docker --dest dir $REGISTRY/${name} synced
      skopeo sync --dest-tls-verify=${isVerified} --src dir --dest docker synced $REGISTRY/mirror`)
    expect(await imagesOf(ecr, `mirror/${name}`)).toMatchObject([
      { imageDigest: layout.digest, imageTags: ['a', 'b'] },
    ])
  })
})
