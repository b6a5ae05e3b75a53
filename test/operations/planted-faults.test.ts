import * as sdk from '@aws-sdk/client-ecr'
import {
  CreateRepositoryCommand,
  type DescribeRepositoriesCommand,
  type ECRClient,
} from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it } from 'vitest'
import { errors, operationNames, operations } from '../../src/generated/ecr/operations.ts'
import type { ErrorName, OperationName } from '../../src/generated/ecr/types.ts'
import { aName } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { PLANTED } from '../support/errors-reached.ts'
import { invalidParameter } from '../support/refusals.ts'
import { validInput } from '../support/valid-input.ts'

const declared = operationNames.flatMap((name) =>
  operations[name].errors.map((error): [OperationName, ErrorName] => [name, error]),
)

const ofSdk: Readonly<Record<string, unknown>> = { ...sdk }

/** What stands in the members that some exceptions have beside their message. */
const MEMBERS: Record<string, string | number> = {
  kmsError: 'DisabledException',
  registryId: '000000000000',
  repositoryName: 'repository',
  uploadId: '00000000-0000-4000-8000-000000000000',
  lastValidByteReceived: 41,
}

describe('planted faults', () => {
  const ecr = emulator()
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })

  async function plant(...faults: object[]): Promise<{ status: number; body: unknown }> {
    const url = new URL('/_ecr-local/faults', ecr.server.url)
    const response = await fetch(url, { method: 'PUT', body: JSON.stringify(faults) })
    return { status: response.status, body: await response.json() }
  }

  function send(name: OperationName, input: object = validInput(name)): Promise<unknown> {
    const Command = ofSdk[`${name}Command`] as new (input: object) => DescribeRepositoriesCommand
    return client.send(new Command(input))
  }

  it.each(declared)('%s throws %s', async (operation, error) => {
    const members = Object.fromEntries(errors[error].members.map((member) => [member, MEMBERS[member]]))
    await plant({ operation, error, message: PLANTED, members, times: 1 })

    const thrown = await send(operation).catch((failure: unknown) => failure)

    expect(thrown).toBeInstanceOf(ofSdk[error])
    const httpStatusCode = error === 'ServerException' ? 500 : 400
    expect(thrown).toMatchObject({ name: error, message: PLANTED, $metadata: { httpStatusCode }, ...members })
  })

  it.each(['ThrottlingException', 'AccessDeniedException'])('%s may be planted anywhere', async (error) => {
    await plant({ operation: 'GetAuthorizationToken', error, message: PLANTED, times: 1 })
    const failure = { name: error, message: PLANTED, $metadata: { httpStatusCode: 400 } }
    await expect(send('GetAuthorizationToken')).rejects.toMatchObject(failure)
  })

  it('refuses an error that the operation never answers, and an operation that is none', async () => {
    expect(await plant({ operation: 'ListImages', error: 'KmsException' })).toEqual({
      status: 400,
      body: {
        error:
          'ListImages never answers "KmsException"; it may answer ' +
          'ServerException, InvalidParameterException, RepositoryNotFoundException, ThrottlingException, AccessDeniedException',
      },
    })
    expect(await plant({ operation: 'ListImage', error: 'ServerException' })).toEqual({
      status: 400,
      body: { error: 'ECR has no operation "ListImage"' },
    })
  })

  it('says so itself without a message', async () => {
    await plant({ operation: 'DescribeRegistry', error: 'ServerException', times: 1 })
    await expect(send('DescribeRegistry')).rejects.toThrow('A planted fault')
  })

  it('comes as often as it was asked for, before anything is changed', async () => {
    const repositoryName = aName()
    await plant({ operation: 'CreateRepository', error: 'ServerException', message: PLANTED, times: 2 })
    const create = () => client.send(new CreateRepositoryCommand({ repositoryName }))

    await expect(create()).rejects.toThrow(PLANTED)
    await expect(create()).rejects.toThrow(PLANTED)
    expect(await create()).toMatchObject({ repository: { repositoryName } })
  })

  it('comes until other faults take its place, and leaves other operations alone', async () => {
    await plant({ operation: 'DescribeRegistry', error: 'ServerException', message: PLANTED })
    for (let call = 0; call < 3; call += 1) await expect(send('DescribeRegistry')).rejects.toThrow(PLANTED)
    await expect(send('DescribeRepositories')).resolves.toBeDefined()

    expect(await plant()).toEqual({ status: 200, body: [] })
    await expect(send('DescribeRegistry')).resolves.toBeDefined()
  })

  it('does not hide that an input breaks the model', async () => {
    await plant({ operation: 'ListImages', error: 'ServerException', message: PLANTED })
    const refused = invalidParameter('repositoryName', 'must not be null')
    await expect(send('ListImages', {})).rejects.toMatchObject(refused)
    await plant()
  })
})
