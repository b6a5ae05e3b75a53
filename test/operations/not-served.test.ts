import {
  DescribeImagesCommand,
  DescribeRegistryCommand,
  DescribeRepositoriesCommand,
  type ECRClient,
  ListTagsForResourceCommand,
  StartImageScanCommand,
} from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it } from 'vitest'
import { handlers } from '../../src/ecr/operations/index.ts'
import { operationNames } from '../../src/generated/ecr/operations.ts'
import type { OperationName } from '../../src/generated/ecr/types.ts'
import { anImage, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { NAMED_REPOSITORY, validInput } from '../support/valid-input.ts'

const notServed = operationNames.flatMap((name): [OperationName, string][] => {
  const handler = handlers[name]
  return 'notServed' in handler ? [[name, handler.notServed]] : []
})

describe('operations that are not served yet', () => {
  const ecr = emulator()
  let client: ECRClient
  beforeAll(async () => {
    client = ecr.client()
    await aRepository(client, { repositoryName: NAMED_REPOSITORY, tags: [{ Key: 'team', Value: 'a' }] })
    await anImage(client, NAMED_REPOSITORY, { imageTag: 'v1' })
  })

  const requiring = notServed.filter(([name]) => Object.keys(validInput(name)).length > 0)
  it.each(requiring)('%s refuses an input without a required member', async (name) => {
    const [member = ''] = Object.keys(validInput(name))
    const constraint = member === 'repositoryName' ? 'must not be null' : 'Member must not be null'
    const { [member]: _, ...input } = validInput(name)
    const { status, body } = await ecr.call(name, input)

    expect({ status, body }).toEqual({
      status: 400,
      body: {
        __type: 'InvalidParameterException',
        message: `Invalid parameter at '${member}' failed to satisfy constraint: '${constraint}'`,
      },
    })
  })

  const optional = notServed.filter(([name]) => Object.keys(validInput(name)).length === 0)
  it.each(optional)('%s refuses what is no structure', async (name) => {
    const { status, body } = await ecr.call(name, [])
    expect([status, body.__type]).toEqual([400, 'SerializationException'])
  })

  it.each(notServed)('%s says that it is not served', async (name, part) => {
    const { status, body } = await ecr.call(name, validInput(name))
    const message = `ecr-local does not serve ${name} (${part}) yet. Nothing was changed.`
    expect({ status, body }).toEqual({ status: 501, body: { __type: 'NotImplementedException', message } })
  })

  it('says so through the SDK', async () => {
    const scan = new StartImageScanCommand({ repositoryName: NAMED_REPOSITORY, imageId: { imageTag: 'v1' } })
    await expect(client.send(scan)).rejects.toMatchObject({
      name: 'NotImplementedException',
      message: 'ecr-local does not serve StartImageScan (image scanning) yet. Nothing was changed.',
      $metadata: { httpStatusCode: 501 },
    })
  })

  it('changes nothing', async () => {
    const state = async () => {
      const { repositories = [] } = await client.send(new DescribeRepositoriesCommand({}))
      const { imageDetails } = await client.send(
        new DescribeImagesCommand({ repositoryName: NAMED_REPOSITORY }),
      )
      const resourceArn = repositories[0]?.repositoryArn
      const { tags } = await client.send(new ListTagsForResourceCommand({ resourceArn }))
      const { replicationConfiguration } = await client.send(new DescribeRegistryCommand({}))
      return { repositories, imageDetails, tags, replicationConfiguration }
    }
    const before = await state()
    for (const [name] of notServed) await ecr.call(name, validInput(name))

    expect(before.imageDetails).toHaveLength(1)
    expect(await state()).toEqual(before)
  })
})
