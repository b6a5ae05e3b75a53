import { describe, expect } from 'vitest'
import { DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from '../../src/rules/media-types.ts'
import { clientTest, imagesOf, SCHEMES } from '../support/clients.ts'
import { keepContainersApart } from '../support/containers.ts'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { jsonOf, registryClient } from '../support/registry.ts'

describe.concurrent.each(SCHEMES)('buildah over %s', (scheme) => {
  const ecr = emulator({ tls: scheme === 'https' })
  const registry = registryClient(ecr)
  const it = clientTest(['buildah'], ecr, scheme)
  const PLAIN = scheme === 'http' ? '--tls-verify=false' : ''

  // A format for each: the one has nothing to do with the other.
  const [format, mediaType] = scheme === 'http' ? ['oci', OCI_MANIFEST] : ['docker', DOCKER_MANIFEST]

  it('builds upon an image that it pulls', async ({ user }) => {
    await keepContainersApart(user)
    const name = await aRepository(ecr.client())
    await user.write('one/base.txt', 'below')
    await user.write('two/greeting.txt', 'hello')
    const build = (from: string, file: string, tag: string): Promise<string> =>
      user.sh(`printf 'FROM ${from}\\nCOPY ${file} /${file}\\n' > Containerfile
        buildah build -q ${PLAIN} --format ${format} -f Containerfile -t local/${tag} .
        buildah push ${PLAIN} --digestfile digest local/${tag} docker://$REGISTRY/${name}:${tag}
        buildah rmi local/${tag}`)
    await build('scratch', 'one/base.txt', 'base')
    await build(`${user.variables.REGISTRY}/${name}:base`, 'two/greeting.txt', 'top')

    const images = await imagesOf(ecr, name)
    expect(images).toMatchObject([
      { imageTags: ['base'], imageManifestMediaType: mediaType },
      { imageDigest: `${await user.read('digest')}`, imageTags: ['top'], imageManifestMediaType: mediaType },
    ])
    const { layers } = await jsonOf(registry.send(`/v2/${name}/manifests/top`))
    expect(layers).toHaveLength(2)
    for (const { digest } of layers) {
      await user.write('layer.tar.gz', await registry.getBlob(name, digest))
      await user.sh('tar -xzf layer.tar.gz --one-top-level=pulled')
    }
    await user.sh(`cmp one/base.txt pulled/one/base.txt && cmp two/greeting.txt pulled/two/greeting.txt`)
  })

  // The rest is the same by whatever scheme.
  if (scheme === 'https') return

  it('pushes an index of what it committed', async ({ user }) => {
    await keepContainersApart(user)
    const name = await aRepository(ecr.client())
    await user.write('greeting.txt', 'hello')
    await user.sh(`buildah manifest create both
      for arch in amd64 arm64; do
        buildah from --name $arch --arch $arch scratch
        buildah copy $arch greeting.txt
        buildah commit ${PLAIN} $arch docker://$REGISTRY/${name}:$arch
        buildah manifest add ${PLAIN} both docker://$REGISTRY/${name}:$arch
      done
      buildah manifest push ${PLAIN} --all both docker://$REGISTRY/${name}:both`)
    const images = await imagesOf(ecr, name)
    expect(images.map(({ imageTags }) => imageTags)).toEqual([['amd64'], ['arm64'], ['both']])
    expect(images[2]).toMatchObject({ imageManifestMediaType: OCI_INDEX })
    const { manifests } = await jsonOf(registry.send(`/v2/${name}/manifests/both`))
    expect(manifests).toMatchObject([
      { digest: images[0]?.imageDigest, platform: { architecture: 'amd64' } },
      { digest: images[1]?.imageDigest, platform: { architecture: 'arm64' } },
    ])
  })
})
