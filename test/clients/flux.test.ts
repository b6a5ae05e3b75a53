import { describe, expect } from 'vitest'
import { clientTest, imagesOf, SCHEMES } from '../support/clients.ts'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'

describe.concurrent.each(SCHEMES)('flux over %s', (scheme) => {
  const ecr = emulator({ tls: scheme === 'https' })
  const it = clientTest(['flux'], ecr, scheme)
  const PLAIN = scheme === 'http' ? '--insecure-registry' : ''

  it('pushes, tags and lists an artifact, and pulls the same bytes', async ({ user }) => {
    const name = await aRepository(ecr.client())
    const url = `oci://$REGISTRY/${name}`
    await user.write('manifests/map.yaml', 'kind: ConfigMap\napiVersion: v1\nmetadata: {name: greeting}\n')
    const pushed = await user.sh(`flux push artifact ${url}:v1 ${PLAIN} --path manifests \
      --source https://example.com/hello.git --revision main@sha1:0123456789012345678901234567890123456789 \
      --output json`)
    await user.sh(`flux tag artifact ${url}:v1 --tag latest`)
    expect(await imagesOf(ecr, name)).toMatchObject([
      {
        imageDigest: JSON.parse(pushed).digest,
        imageTags: ['latest', 'v1'],
        artifactMediaType: 'application/vnd.cncf.flux.config.v1+json',
      },
    ])
    expect(await user.sh(`flux list artifacts ${url} ${PLAIN}`)).toContain('https://example.com/hello.git')
    await user.sh(`mkdir pulled && flux pull artifact ${url}:latest ${PLAIN} --output pulled
      cmp manifests/map.yaml pulled/map.yaml`)
  })
})
