import { describe, expect } from 'vitest'
import { clientTest, imagesOf, SCHEMES } from '../support/clients.ts'
import { startContainerd } from '../support/containers.ts'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { anOciLayout } from '../support/oci-layout.ts'
import type { User } from '../support/user.ts'

describe.concurrent.each(SCHEMES)("containerd's ctr over %s", (scheme) => {
  const ecr = emulator({ tls: scheme === 'https' })
  const it = clientTest(['containerd', 'ctr'], ecr, scheme)
  const DOOR = scheme === 'http' ? '--plain-http' : '--hosts-dir hosts'
  const HOW = `${DOOR} --user AWS:$PASSWORD`

  /** Starts containerd, and tells ctr that this localhost is not plain. */
  async function start(user: User): Promise<void> {
    const { REGISTRY, SSL_CERT_FILE } = user.variables
    const hosts = `[host."https://${REGISTRY}"]\n  ca = "${SSL_CERT_FILE}"\n`
    if (scheme === 'https') await user.write(`hosts/${REGISTRY}/hosts.toml`, hosts)
    await startContainerd(user)
  }

  /** Pushes an image, or an index of several, from a layout into a repository. */
  async function push(user: User, name: string, architectures: string[]) {
    const layout = await anOciLayout(user, 'layout', architectures)
    await user.sh(`tar -cf layout.tar -C layout .
      ctr images import --no-unpack --all-platforms --base-name $REGISTRY/${name} layout.tar
      ctr images push ${HOW} $REGISTRY/${name}:latest`)
    return layout
  }

  // An index by the one, an image by the other: what is pushed has nothing to do with how.
  const architectures = scheme === 'http' ? ['amd64', 'arm64'] : ['amd64']

  it(`pushes what is for ${architectures.join(' and ')}, and pulls the same bytes`, async ({ user }) => {
    await start(user)
    const name = await aRepository(ecr.client())
    const { digest, images } = await push(user, name, architectures)
    const stored = await imagesOf(ecr, name)
    expect(stored.at(-1)).toMatchObject({ imageDigest: digest, imageTags: ['latest'] })
    expect(stored.map(({ imageDigest }) => imageDigest).sort()).toEqual(
      [...new Set([digest, ...images.map((image) => image.digest)])].sort(),
    )

    // Another namespace shares no content, so all of it comes from the registry.
    await user.sh(`ctr -n other content fetch ${HOW} --all-platforms $REGISTRY/${name}:latest`)
    expect(await user.sh('ctr -n other images ls -q')).toBe(`${user.variables.REGISTRY}/${name}:latest`)
    for (const { digest } of images.map(({ layer }) => layer))
      await user.sh(`ctr -n other content get ${digest} | cmp - layout/blobs/${digest.replace(':', '/')}`)
  })

  it('is refused without a login', async ({ user }) => {
    await start(user)
    const name = await aRepository(ecr.client())
    const { stderr } = await user.failing(`ctr content fetch ${DOOR} $REGISTRY/${name}:latest`)
    expect(stderr).toContain('401 Unauthorized')
  })
})
