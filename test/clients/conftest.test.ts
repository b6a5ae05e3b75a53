import { describe, expect } from 'vitest'
import { clientTest, imagesOf, SCHEMES } from '../support/clients.ts'
import { aRepository, sha256 } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { jsonOf, registryClient } from '../support/registry.ts'

const DENY = `package main

import rego.v1

deny contains "it is not signed" if not input.signed
`

describe.concurrent.each(SCHEMES)('conftest over %s', (scheme) => {
  const ecr = emulator({ tls: scheme === 'https' })
  const registry = registryClient(ecr)
  const it = clientTest(['conftest'], ecr, scheme)
  const TLS = `--tls=${scheme === 'https'}`

  it('pushes policies, pulls the same bytes, and judges by them', async ({ user }) => {
    const name = await aRepository(ecr.client())
    await user.write('policy/deny.rego', DENY)
    const pushed = await user.sh(`conftest push ${TLS} $REGISTRY/${name}:v1 2>&1`)
    expect(await imagesOf(ecr, name)).toMatchObject([
      {
        imageDigest: /digest: (sha256:\S+)/.exec(pushed)?.[1],
        imageTags: ['v1'],
        artifactMediaType: 'application/vnd.unknown.config.v1+json',
      },
    ])
    const { layers } = await jsonOf(registry.send(`/v2/${name}/manifests/v1`))
    expect(layers).toMatchObject([
      {
        mediaType: 'application/vnd.cncf.openpolicyagent.policy.layer.v1+rego',
        digest: sha256(DENY),
        size: DENY.length,
      },
    ])

    await user.write('input.json', '{"signed": false}')
    await user.sh(`conftest pull ${TLS} --policy pulled oci://$REGISTRY/${name}:v1
      cmp policy/deny.rego pulled/policy/deny.rego`)
    const { exitCode, stderr } = await user.failing('conftest test --policy pulled input.json >&2')
    expect(exitCode).toBe(1)
    expect(stderr).toContain('input.json - main - it is not signed')
  })
})
