import { describe, expect } from 'vitest'
import { OCI_INDEX } from '../../src/rules/media-types.ts'
import { clientTest, imagesOf } from '../support/clients.ts'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { anOciLayout } from '../support/oci-layout.ts'
import { aRule, OPEN_UPSTREAM } from '../support/upstream.ts'

describe.concurrent('pull through cache', () => {
  const upstream = emulator({ anonymous: 'push' })
  const ecr = emulator({
    get upstream() {
      return [`${OPEN_UPSTREAM}=${upstream.server.url}`]
    },
  })
  /** A repository of the upstream as callers without a login meet it, with its host. */
  async function anUpstreamRepository(): Promise<{ name: string; at: string }> {
    const name = await aRepository(upstream.client({ region: 'us-east-1' }))
    return { name, at: `${upstream.server.registry}/${name}` }
  }

  clientTest(['crane'], ecr)('brings an index for two platforms to crane', async ({ user }) => {
    const { name, at } = await anUpstreamRepository()
    const { digest, images } = await anOciLayout(user, 'layout', ['amd64', 'arm64'])
    await user.sh(`crane push --index layout ${at}:v1`)
    const cached = `${await aRule(ecr.client())}/${name}`

    await user.sh(`crane pull --format=oci $REGISTRY/${cached}:v1 pulled`)
    await user.sh('cd layout && for blob in blobs/sha256/*; do cmp $blob ../pulled/$blob; done')
    expect(await user.sh(`crane validate --remote $REGISTRY/${cached}:v1`)).toContain('PASS')
    const arm = await user.sh(`crane digest --platform linux/arm64 $REGISTRY/${cached}@${digest}`)
    expect(arm).toBe(images[1]?.digest)
    const here = await imagesOf(ecr, cached)
    expect(here.map(({ imageDigest }) => imageDigest)).toEqual(
      expect.arrayContaining([digest, ...images.map((image) => image.digest)]),
    )
    expect(here.at(-1)).toMatchObject({ imageTags: ['v1'], imageManifestMediaType: OCI_INDEX })
  })

  clientTest(['crane'], ecr)('tells crane that the upstream has no such image', async ({ user }) => {
    const { name } = await anUpstreamRepository()
    const prefix = await aRule(ecr.client())
    const { stderr } = await user.failing(`crane pull $REGISTRY/${prefix}/${name}:v1 image.tar`)
    expect(stderr).toContain('MANIFEST_UNKNOWN: Requested image not found')
  })

  for (const helm of ['helm3', 'helm4'])
    clientTest([helm], ecr)(`brings a chart to ${helm}`, async ({ user }) => {
      const { name } = await anUpstreamRepository()
      await user.write(`${name}/Chart.yaml`, `apiVersion: v2\nname: ${name}\nversion: 0.1.0\n`)
      await user.sh(`${helm} package ${name}`)
      await user.sh(`${helm} push ${name}-0.1.0.tgz oci://${upstream.server.registry} --plain-http`)
      const prefix = await aRule(ecr.client())

      const chart = `oci://$REGISTRY/${prefix}/${name} --version 0.1.0 --plain-http`
      await user.sh(`mkdir pulled && ${helm} pull ${chart} -d pulled`)
      await user.sh(`cmp ${name}-0.1.0.tgz pulled/${name}-0.1.0.tgz`)
      expect(await user.sh(`${helm} show chart ${chart}`)).toContain(`name: ${name}`)
      expect(await imagesOf(ecr, `${prefix}/${name}`)).toMatchObject([
        { imageTags: ['0.1.0'], artifactMediaType: 'application/vnd.cncf.helm.config.v1+json' },
      ])
    })
})
