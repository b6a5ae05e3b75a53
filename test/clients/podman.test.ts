import { describe, expect } from 'vitest'
import { DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from '../../src/rules/media-types.ts'
import { clientTest, imagesOf, SCHEMES } from '../support/clients.ts'
import { keepContainersApart } from '../support/containers.ts'
import { aRepository, sha256 } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { anOciLayout } from '../support/oci-layout.ts'

describe.concurrent.each(SCHEMES)('podman over %s', (scheme) => {
  const ecr = emulator({ tls: scheme === 'https' })
  const it = clientTest(['podman'], ecr, scheme)
  const PLAIN = scheme === 'http' ? '--tls-verify=false' : ''

  it('logs in with a password, and with no other', async ({ user }) => {
    await keepContainersApart(user)
    const login = `rm -f .docker/config.json; podman login ${PLAIN} -u AWS --password-stdin $REGISTRY`
    expect((await user.failing(`${login} <<<x$PASSWORD`)).stderr).toContain('invalid username/password')
    expect(await user.sh(`${login} <<<$PASSWORD`)).toBe('Login Succeeded!')
  })

  // A format for each: the one has nothing to do with the other.
  const [format, mediaType] = scheme === 'http' ? ['oci', OCI_MANIFEST] : ['v2s2', DOCKER_MANIFEST]

  it(`pushes an image as ${format} and pulls the same bytes`, async ({ user }) => {
    await keepContainersApart(user)
    await anOciLayout(user, 'layout')
    const name = await aRepository(ecr.client())
    const target = `$REGISTRY/${name}:v1`
    await user.sh(`image=$(podman pull -q oci:layout:latest)
      podman push ${PLAIN} --format ${format} --digestfile digest $image docker://${target}
      podman rmi $image`)
    expect(await imagesOf(ecr, name)).toMatchObject([
      { imageDigest: `${await user.read('digest')}`, imageTags: ['v1'], imageManifestMediaType: mediaType },
    ])

    await user.sh(`podman pull -q ${PLAIN} ${target} && podman save -q -o pulled.tar ${target}`)
    const tar = sha256(await user.read('layer.tar')).replace('sha256:', '')
    await user.sh(`tar -xOf pulled.tar ${tar}.tar | cmp - layer.tar`)
  })

  // The rest is the same by whatever scheme.
  if (scheme === 'https') return

  it('makes an index of two platforms and pulls one of it', async ({ user }) => {
    await keepContainersApart(user)
    const name = await aRepository(ecr.client())
    await user.sh('podman manifest create both')
    const configs: (string | undefined)[] = []
    for (const architecture of ['amd64', 'arm64']) {
      const { images } = await anOciLayout(user, architecture, [architecture])
      configs.push(images[0]?.config.digest.replace('sha256:', ''))
      await user.sh(`podman manifest add both oci:${architecture}:latest`)
    }
    await user.sh(`podman manifest push ${PLAIN} --all --format oci both docker://$REGISTRY/${name}:both`)

    const images = await imagesOf(ecr, name)
    expect(images).toHaveLength(3)
    expect(images[2]).toMatchObject({ imageTags: ['both'], imageManifestMediaType: OCI_INDEX })
    expect(await user.sh(`podman pull -q ${PLAIN} --platform linux/arm64 $REGISTRY/${name}:both`)).toBe(
      configs[1],
    )
    expect(await user.sh(`podman search ${PLAIN} --list-tags $REGISTRY/${name}`)).toMatch(
      new RegExp(`\\n${user.variables.REGISTRY}/${name} +both$`),
    )
  })
})
