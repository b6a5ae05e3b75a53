import { describe, expect } from 'vitest'
import { clientTest, imagesOf } from '../support/clients.ts'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { anOciLayout } from '../support/oci-layout.ts'

/** What a client does there and back; `$TARGET` is a repository of the registry. */
const CLIENTS = {
  crane: `crane push layout $TARGET:v1
    crane pull --format=oci $TARGET:v1 pulled`,
  oras: `oras cp --from-oci-layout layout:latest $TARGET:v1
    oras cp --to-oci-layout $TARGET:v1 pulled:v1`,
  regctl: `regctl registry set --skip-check --tls disabled $REGISTRY
    regctl image copy ocidir://layout:latest $TARGET:v1
    regctl image copy $TARGET:v1 ocidir://pulled:v1`,
  skopeo: `skopeo --insecure-policy copy --dest-tls-verify=false oci:layout:latest docker://$TARGET:v1
    skopeo --insecure-policy copy --src-tls-verify=false docker://$TARGET:v1 oci:pulled:v1`,
}

describe.concurrent("With ECR's own differences on the wire,", () => {
  const ecr = emulator({ wire: 'ecr' })

  for (const [client, script] of Object.entries(CLIENTS))
    clientTest([client], ecr)(`${client} pushes and pulls`, async ({ user }) => {
      const name = await aRepository(ecr.client())
      const { digest } = await anOciLayout(user, 'layout')
      await user.sh(script, { TARGET: `${ecr.server.registry}/${name}` })
      expect(await imagesOf(ecr, name)).toMatchObject([{ imageDigest: digest, imageTags: ['v1'] }])
      await user.sh('cd layout/blobs/sha256; for blob in *; do cmp $blob ~/pulled/blobs/sha256/$blob; done')
    })

  clientTest(['regctl'], ecr)('regctl believes the Range of a chunk, and gives up', async ({ user }) => {
    const name = await aRepository(ecr.client())
    await user.sh(`regctl registry set --skip-check --tls disabled --blob-chunk 1000 --blob-max 1000 $REGISTRY
      head -c 10500 /dev/urandom > blob`)
    const { stderr } = await user.failing(`regctl blob put $REGISTRY/${name} < blob`)
    expect(stderr).toContain('chunkStart (1000) != bufStart (2000)')
  })

  clientTest(['helm'], ecr)('helm pushes and pulls', async ({ user }) => {
    const name = await aRepository(ecr.client())
    await user.write('chart/Chart.yaml', `apiVersion: v2\nname: ${name}\nversion: 0.1.0\n`)
    await user.sh(`helm package chart && helm push ${name}-0.1.0.tgz oci://$REGISTRY --plain-http
      mkdir pulled && helm pull oci://$REGISTRY/${name} --version 0.1.0 --plain-http -d pulled
      cmp ${name}-0.1.0.tgz pulled/${name}-0.1.0.tgz`)
    expect(await imagesOf(ecr, name)).toMatchObject([{ imageTags: ['0.1.0'] }])
  })
})
