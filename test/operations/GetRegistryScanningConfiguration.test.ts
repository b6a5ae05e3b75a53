import { GetRegistryScanningConfigurationCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { emulator } from '../support/emulator.ts'
import { DEFAULT_ACCOUNT, otherRegistries } from '../support/refusals.ts'
import { configureScanning } from '../support/scanning.ts'

describe('GetRegistryScanningConfiguration', () => {
  const ecr = emulator()
  const get = (client = ecr.client()) => client.send(new GetRegistryScanningConfigurationCommand({}))

  it('tells of basic scanning without rules where nothing was chosen', async () => {
    const { body } = await ecr.call('GetRegistryScanningConfiguration', {})
    expect(body).toEqual({
      registryId: DEFAULT_ACCOUNT,
      scanningConfiguration: { scanType: 'BASIC', rules: [] },
    })
  })

  it('tells what was chosen, in that registry alone', async () => {
    await configureScanning(ecr.client(), 'ENHANCED', { CONTINUOUS_SCAN: ['prod'], SCAN_ON_PUSH: ['*'] })
    const { scanningConfiguration } = await get()
    expect(scanningConfiguration).toEqual({
      scanType: 'ENHANCED',
      rules: [
        { scanFrequency: 'CONTINUOUS_SCAN', repositoryFilters: [{ filter: 'prod', filterType: 'WILDCARD' }] },
        { scanFrequency: 'SCAN_ON_PUSH', repositoryFilters: [{ filter: '*', filterType: 'WILDCARD' }] },
      ],
    })
    for (const [, identity] of otherRegistries)
      expect(await get(ecr.client(identity))).toMatchObject({
        registryId: identity.accessKeyId ?? DEFAULT_ACCOUNT,
        scanningConfiguration: { scanType: 'BASIC', rules: [] },
      })
  })
})
