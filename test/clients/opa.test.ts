import { PutImageCommand } from '@aws-sdk/client-ecr'
import { describe, expect } from 'vitest'
import { clientTest, SCHEMES } from '../support/clients.ts'
import { aLayer, aRepository, manifestText } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'

describe.concurrent.each(SCHEMES)('opa over %s', (scheme) => {
  const ecr = emulator({ tls: scheme === 'https' })
  const it = clientTest(['opa'], ecr, scheme)

  it('runs a bundle that it pulls by itself', async ({ user }) => {
    const client = ecr.client()
    const name = await aRepository(client)
    await user.write('bundle/policy.rego', 'package greeting\n\nhello := "world"\n')
    await user.sh('opa build --bundle bundle -o bundle.tar.gz')
    const layer = await aLayer(client, name, await user.read('bundle.tar.gz'))
    const config = await aLayer(client, name, Buffer.from('{}'), 'application/vnd.oci.image.config.v1+json')
    const imageManifest = manifestText(config, [layer])
    await client.send(new PutImageCommand({ repositoryName: name, imageManifest, imageTag: 'v1' }))

    const { REGISTRY, PASSWORD } = user.variables
    const url = `${scheme}://${REGISTRY}`
    const token = `AWS:${PASSWORD}`
    await user.write(
      'config.json',
      JSON.stringify({
        services: { ecr: { url, type: 'oci', credentials: { bearer: { scheme: 'Basic', token } } } },
        bundles: { greeting: { service: 'ecr', resource: `${REGISTRY}/${name}:v1` } },
      }),
    )
    await user.write('input.json', '{}')
    const answer = await user.sh('opa exec --config-file config.json --decision greeting/hello input.json')
    expect(JSON.parse(answer).result).toMatchObject([{ path: 'input.json', result: 'world' }])
  })
})
