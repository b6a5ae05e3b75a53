import { DeleteSigningConfigurationCommand, GetSigningConfigurationCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { aName, anImage, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { aProfile, signaturesOf, signPushesTo } from '../support/signing.ts'

const unknown = {
  name: 'SigningConfigurationNotFoundException',
  message: "Signing configuration does not exist in the registry with id '000000000000'",
}

describe('DeleteSigningConfiguration', () => {
  const ecr = emulator()

  it('refuses where none was put', async () => {
    const deleted = ecr.client({ region: 'us-east-1' }).send(new DeleteSigningConfigurationCommand({}))
    await expect(deleted).rejects.toMatchObject(unknown)
  })

  it('answers the rules that held, keeps signatures and makes no more', async () => {
    const client = ecr.client()
    const repositoryName = await aRepository(client, { repositoryName: aName('signed') })
    await signPushesTo(client, 'signed*', aProfile())
    const before = await anImage(client, repositoryName)
    await ecr.server.clock()

    const { signingConfiguration } = await client.send(new DeleteSigningConfigurationCommand({}))
    expect(signingConfiguration).toEqual({
      rules: [
        {
          signingProfileArn: aProfile(),
          repositoryFilters: [{ filter: 'signed*', filterType: 'WILDCARD_MATCH' }],
        },
      ],
    })
    await expect(client.send(new GetSigningConfigurationCommand({}))).rejects.toMatchObject(unknown)
    const after = await anImage(client, repositoryName)
    expect(await signaturesOf(ecr, client, repositoryName, before.digest)).toHaveLength(1)
    expect(await signaturesOf(ecr, client, repositoryName, after.digest)).toEqual([])
  })
})
