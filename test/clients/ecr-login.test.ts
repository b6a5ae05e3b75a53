import { describe, expect } from 'vitest'
import { clientTest, SCHEMES } from '../support/clients.ts'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { registryClient } from '../support/registry.ts'

describe.concurrent.each(SCHEMES)('docker-credential-ecr-login over %s', (scheme) => {
  const ecr = emulator({
    tls: scheme === 'https',
    registryHost: '{account}.dkr.ecr.{region}.amazonaws.com',
  })
  const registry = registryClient(ecr)
  const it = clientTest(['docker-credential-ecr-login'], ecr, scheme)

  it.for(['000000000000.dkr.ecr.eu-west-1.amazonaws.com', '123456789012.dkr.ecr.us-east-2.amazonaws.com'])(
    'gets a login to %s that the registry takes',
    async (host, { user }) => {
      const login = JSON.parse(await user.sh(`docker-credential-ecr-login get <<<${host}`))
      expect(login).toEqual({ ServerURL: host, Username: 'AWS', Secret: expect.any(String) })

      const name = await aRepository(ecr.client({ region: host.split('.')[3] ?? '' }))
      const authorization = `Basic ${Buffer.from(`AWS:${login.Secret}`).toString('base64')}`
      const answer = await registry.send(`/v2/${name}/tags/list`, { headers: { authorization } })
      expect(await answer.json()).toEqual({ name, tags: [] })
    },
  )

  it('lists the registry of the caller', async ({ user }) => {
    expect(JSON.parse(await user.sh('docker-credential-ecr-login list'))).toEqual({
      'https://000000000000.dkr.ecr.eu-west-1.amazonaws.com': 'AWS',
    })
  })
})
