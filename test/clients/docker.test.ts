import { describe, expect } from 'vitest'
import { AT_AMAZON, clientTest, imagesOf, SCHEMES } from '../support/clients.ts'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { anOciLayout, pushLayout } from '../support/oci-layout.ts'
import { jsonOf, registryClient } from '../support/registry.ts'

/** The command line alone: none of this asks an engine. */
describe.concurrent.each(SCHEMES)('docker over %s', (scheme) => {
  const ecr = emulator({ tls: scheme === 'https' })
  const registry = registryClient(ecr)
  const it = clientTest(['docker'], ecr, scheme)
  // It pushes a manifest list to whatever is at a loopback address by plain HTTP, and by nothing else.
  const itElsewhere = clientTest(['docker'], ecr, scheme, AT_AMAZON)
  const PLAIN = scheme === 'http' ? '--insecure' : ''

  it('logs in with a password, and with no other', async ({ user }) => {
    const login = 'rm -f .docker/config.json; docker login -u AWS --password-stdin $REGISTRY'
    expect((await user.failing(`${login} <<<x$PASSWORD`)).stderr).toContain('401 Unauthorized')
    expect(await user.sh(`${login} <<<$PASSWORD`)).toBe('Login Succeeded')
  })

  it('reads an index', async ({ user }) => {
    const name = await aRepository(ecr.client())
    const layout = await anOciLayout(user, 'layout')
    await pushLayout(registry, name, user, 'layout', layout)
    const { text } = await registry.pushIndex(name, layout.images, 'index')
    const inspected = await user.sh(`docker manifest inspect ${PLAIN} $REGISTRY/${name}:index`)
    // It adds a platform, of no name where there is none.
    expect(JSON.parse(inspected)).toMatchObject(JSON.parse(text))
  })

  it('is told that an image is missing', async ({ user }) => {
    const name = await aRepository(ecr.client())
    const { stderr } = await user.failing(`docker manifest inspect ${PLAIN} $REGISTRY/${name}:none`)
    expect(stderr).toBe(`no such manifest: ${user.variables.REGISTRY}/${name}:none`)
  })

  itElsewhere('makes a manifest list of two platforms', async ({ user }) => {
    const name = await aRepository(ecr.client())
    const layout = await anOciLayout(user, 'layout', ['amd64', 'arm64'])
    await pushLayout(registry, name, user, 'layout', layout)
    const list = `$REGISTRY/${name}:both`
    await user.sh(`docker manifest create ${PLAIN} ${list} $REGISTRY/${name}:amd64 $REGISTRY/${name}:arm64
      for arch in amd64 arm64; do
        docker manifest annotate --os linux --arch $arch ${list} $REGISTRY/${name}:$arch
      done`)
    const pushed = await user.sh(`docker manifest push ${PLAIN} ${list}`)

    const inspected = JSON.parse(await user.sh(`docker manifest inspect ${PLAIN} ${list}`))
    expect((await imagesOf(ecr, name)).at(-1)).toMatchObject({
      imageDigest: pushed.split('\n').at(-1),
      imageTags: ['both'],
      // An OCI index by a newer docker, a manifest list by an older one.
      imageManifestMediaType: inspected.mediaType,
    })
    expect(inspected.manifests).toMatchObject(
      layout.images.map(({ digest, size, platform }) => ({ digest, size, platform })),
    )
    expect(inspected).toEqual(await jsonOf(registry.send(`/v2/${name}/manifests/both`)))
  })
})
