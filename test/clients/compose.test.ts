import { describe, expect } from 'vitest'
import { clientTest, imagesOf, SCHEMES } from '../support/clients.ts'
import { aRepository, sha256 } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { jsonOf, registryClient } from '../support/registry.ts'

const COMPOSE = 'name: hello\nservices:\n  web:\n    image: web:1\n'

describe.concurrent.each(SCHEMES)('docker compose over %s', (scheme) => {
  const ecr = emulator({ tls: scheme === 'https' })
  const registry = registryClient(ecr)
  const it = clientTest(['docker-compose'], ecr, scheme)
  const isPlain = scheme === 'http'

  it('publishes a project, and reads the same file back', async ({ user }) => {
    const name = await aRepository(ecr.client())
    await user.write('compose.yaml', COMPOSE)
    await user.sh(`docker-compose publish ${isPlain ? '--insecure-registry' : ''} -y $REGISTRY/${name}:v1`)
    expect(await imagesOf(ecr, name)).toMatchObject([
      { imageTags: ['v1'], artifactMediaType: 'application/vnd.docker.compose.project' },
    ])
    const { layers } = await jsonOf(registry.send(`/v2/${name}/manifests/v1`))
    expect(layers).toMatchObject([
      {
        mediaType: 'application/vnd.docker.compose.file+yaml',
        digest: sha256(COMPOSE),
        size: COMPOSE.length,
      },
    ])

    const project = `${isPlain ? '--insecure-registry $REGISTRY' : ''} -f oci://$REGISTRY/${name}:v1`
    expect(await user.sh(`rm compose.yaml; docker-compose ${project} config --images`)).toBe('web:1')
    await user.write('expected.yaml', COMPOSE)
    await user.sh('cmp expected.yaml .cache/docker-compose/*/compose.yaml')
  })
})
