import { describe, expect } from 'vitest'
import { OCI_MANIFEST } from '../../src/rules/media-types.ts'
import { clientTest, imagesOf, SCHEMES } from '../support/clients.ts'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { anOciLayout, pushLayout } from '../support/oci-layout.ts'
import { jsonOf, registryClient } from '../support/registry.ts'

describe.concurrent.each(SCHEMES)('ko over %s', (scheme) => {
  const ecr = emulator({ tls: scheme === 'https' })
  const registry = registryClient(ecr)
  const it = clientTest(['ko', 'go'], ecr, scheme)

  it('builds a Go program upon an image from here, with an SBOM', { timeout: 60_000 }, async ({ user }) => {
    const name = await aRepository(ecr.client())
    const layout = await anOciLayout(user, 'layout')
    await pushLayout(registry, name, user, 'layout', layout)
    await user.write('go.mod', 'module example.com/greeting\n\ngo 1.19\n')
    await user.write('main.go', 'package main\n\nfunc main() { print("hello") }\n')
    const KO = {
      GOFLAGS: '-mod=mod',
      KO_DOCKER_REPO: `${user.variables.REGISTRY}/${name}`,
      KO_DEFAULTBASEIMAGE: `${user.variables.REGISTRY}/${name}:amd64`,
    }
    const built = await user.sh('ko build --bare --tags v1 --platform linux/amd64 .', KO)

    const digest = built.split('@')[1] ?? ''
    const images = await imagesOf(ecr, name)
    // It pushes both at once.
    expect(images.flatMap(({ imageTags = [] }) => imageTags).sort()).toEqual([
      'amd64',
      `${digest.replace(':', '-')}.sbom`,
      'v1',
    ])
    expect(images.find(({ imageTags }) => imageTags?.includes('v1'))).toMatchObject({
      imageDigest: digest,
      imageManifestMediaType: OCI_MANIFEST,
    })
    const { layers, annotations } = await jsonOf(registry.send(`/v2/${name}/manifests/v1`))
    expect(layers[0].digest).toBe(layout.images[0]?.layer.digest)
    expect(annotations['org.opencontainers.image.base.digest']).toBe(layout.digest)
    await user.write('program.tar.gz', await registry.getBlob(name, layers.at(-1).digest))
    expect(await user.sh('tar -xzf program.tar.gz && ./ko-app/greeting 2>&1')).toBe('hello')
  })
})
