import {
  BatchDeleteImageCommand,
  ListImagesCommand,
  PutSigningConfigurationCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { aName, anImage, anIndex, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { invalidParameter } from '../support/refusals.ts'
import { registryClient } from '../support/registry.ts'
import { aProfile, SIGNATURE, signaturesOf, signPushesTo, verifiedTarget } from '../support/signing.ts'

describe('PutSigningConfiguration', () => {
  const ecr = emulator()
  const rule = { signingProfileArn: aProfile() }

  it.each([
    ['signingConfiguration', 'Member must not be null', {}],
    ['signingConfiguration.rules', 'Member must not be null', { signingConfiguration: {} }],
    [
      'signingConfiguration.rules',
      'Member must have length less than or equal to 10',
      { signingConfiguration: { rules: Array(11).fill(rule) } },
    ],
    [
      'signingConfiguration.rules.1.member.repositoryFilters',
      'Member must have length greater than or equal to 1',
      { signingConfiguration: { rules: [{ ...rule, repositoryFilters: [] }] } },
    ],
    [
      'signingConfiguration.rules.1.member.signingProfileArn',
      'Member must satisfy regular expression pattern: ^arn:aws(-[a-z]+)*:signer:[a-z0-9-]+:[0-9]{12}:\\/signing-profiles\\/[a-zA-Z0-9_]{2,}$',
      { signingConfiguration: { rules: [{ signingProfileArn: 'profile' }] } },
    ],
    [
      'signingConfiguration',
      `The region of signing profile ARN ${aProfile('there', 'us-east-1')} is 'us-east-1' but must be 'eu-west-1' (the current region)`,
      { signingConfiguration: { rules: [{ signingProfileArn: aProfile('there', 'us-east-1') }] } },
    ],
  ])('refuses %s: %s', async (member, constraint, input) => {
    const { status, body } = await ecr.call('PutSigningConfiguration', input)
    const { name, message } = invalidParameter(member, constraint)
    expect({ status, body }).toEqual({ status: 400, body: { __type: name, message } })
  })

  it('answers what it stored', async () => {
    const signingConfiguration = {
      rules: [{ ...rule, repositoryFilters: [{ filter: 'team/*', filterType: 'WILDCARD_MATCH' as const }] }],
    }
    const client = ecr.client({ accessKeyId: '111122223333' })
    const answer = await client.send(new PutSigningConfigurationCommand({ signingConfiguration }))
    expect(answer.signingConfiguration).toEqual(signingConfiguration)
  })

  it('has images signed that are pushed by either door, each once by each profile', async () => {
    const client = ecr.client()
    const repositoryName = await aRepository(client, { repositoryName: aName('signed') })
    await signPushesTo(client, 'signed*', aProfile('one'), aProfile('two'))
    const { digest, mediaType, size } = await registryClient(ecr).pushImage(repositoryName, 'a')
    await registryClient(ecr).send(`/v2/${repositoryName}/manifests/a`)
    const index = await anIndex(client, repositoryName, [{ digest, mediaType, size }], { imageTag: 'b' })

    const signatures = await signaturesOf(ecr, client, repositoryName, digest)
    expect(signatures).toHaveLength(2)
    for (const signature of signatures)
      expect(await verifiedTarget(ecr, repositoryName, signature)).toEqual({ mediaType, digest, size })
    expect(await signaturesOf(ecr, client, repositoryName, index.digest)).toHaveLength(2)
  })

  it('leaves no signature of an image that goes while it is signed', async () => {
    const client = ecr.client()
    const repositoryName = await aRepository(client, { repositoryName: aName('gone') })
    await signPushesTo(client, 'gone*', aProfile())
    for (let round = 0; round < 8; round += 1) {
      const { digest: imageDigest } = await anIndex(client, repositoryName, [], {
        artifactType: `round/${round}`,
      })
      // Time for the signing to begin, of another length each round.
      for (let calls = 0; calls < round % 4; calls += 1)
        await client.send(new ListImagesCommand({ repositoryName, maxResults: 1 }))
      await client.send(new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageDigest }] }))
    }
    await ecr.server.clock({ advance: 'P2D' })
    expect((await client.send(new ListImagesCommand({ repositoryName }))).imageIds).toEqual([])
    await ecr.server.clock({ reset: true })
  })

  it('signs no signatures, nor what no filter names', async () => {
    const client = ecr.client()
    const other = await aRepository(client)
    const repositoryName = await aRepository(client, { repositoryName: aName('chosen') })
    await signPushesTo(client, 'chosen*', aProfile())
    const untouched = await anImage(client, other)
    const signature = await anImage(client, repositoryName, { artifactType: SIGNATURE })
    expect(await signaturesOf(ecr, client, other, untouched.digest)).toEqual([])
    expect(await signaturesOf(ecr, client, repositoryName, signature.digest)).toEqual([])
  })
})
