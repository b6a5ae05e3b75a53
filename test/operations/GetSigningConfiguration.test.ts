import { GetSigningConfigurationCommand, PutSigningConfigurationCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { emulator } from '../support/emulator.ts'
import { refusal } from '../support/refusals.ts'
import { aProfile } from '../support/signing.ts'

describe('GetSigningConfiguration', () => {
  const ecr = emulator()

  it('refuses where none was put', async () => {
    const client = ecr.client({ accessKeyId: '111122223333' })
    await expect(client.send(new GetSigningConfigurationCommand({}))).rejects.toMatchObject(
      refusal(
        'SigningConfigurationNotFoundException',
        "Signing configuration does not exist in the registry with id '111122223333'",
      ),
    )
  })

  it.each([
    ['no rules', { rules: [] }],
    ['rules', { rules: [{ signingProfileArn: aProfile() }] }],
  ])('answers %s of its own registry', async (_, signingConfiguration) => {
    const client = ecr.client()
    await client.send(new PutSigningConfigurationCommand({ signingConfiguration }))
    expect(await client.send(new GetSigningConfigurationCommand({}))).toMatchObject({
      registryId: '000000000000',
      signingConfiguration,
    })
    const elsewhere = ecr.client({ region: 'us-east-1' }).send(new GetSigningConfigurationCommand({}))
    await expect(elsewhere).rejects.toMatchObject({ name: 'SigningConfigurationNotFoundException' })
  })
})
