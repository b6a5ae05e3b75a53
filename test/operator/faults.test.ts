import { DescribeRegistryCommand } from '@aws-sdk/client-ecr'
import { beforeEach, describe, expect, it } from 'vitest'
import { emulator } from '../support/emulator.ts'
import { PLANTED } from '../support/errors-reached.ts'
import { operate } from '../support/operator.ts'

const message = PLANTED

describe('/_ecr-local/faults', () => {
  const ecr = emulator()
  beforeEach(() => ecr.server.reset())

  const plant = (body: unknown) => operate(ecr, 'PUT', 'faults', body)
  const planted = async () => (await operate(ecr, 'GET', 'faults')).body
  const typesOf = async (calls: number) => {
    const types = []
    for (let call = 0; call < calls; call += 1)
      types.push((await ecr.call('DescribeRegistry', {})).body.__type ?? 'none')
    return types
  }

  it.each([
    [[{ operation: 'MakeTea', error: 'ServerException' }], 'ECR has no operation "MakeTea"'],
    [[{ operation: 'constructor', error: 'ServerException' }], 'ECR has no operation "constructor"'],
    [
      [{ operation: 'DescribeRegistry', error: 'ImageNotFoundException' }],
      'DescribeRegistry never answers "ImageNotFoundException"; it may answer ServerException, InvalidParameterException, ValidationException, ThrottlingException, AccessDeniedException',
    ],
    [
      [{ operation: 'DescribeRegistry' }],
      '✖ Invalid input: expected string, received undefined\n  → at [0].error',
    ],
    [
      [{ operation: 'DescribeRegistry', error: 'ServerException', times: 0 }],
      '✖ Too small: expected number to be >=1\n  → at [0].times',
    ],
    [
      [{ operation: 'DescribeRegistry', error: 'ServerException', often: 1 }],
      '✖ Unrecognized key: "often"\n  → at [0]',
    ],
    [
      { operation: 'DescribeRegistry', error: 'ServerException' },
      '✖ Invalid input: expected array, received object',
    ],
    [undefined, '✖ Invalid input: expected array, received object'],
  ])('refuses %j, and keeps what was planted', async (body, error) => {
    const kept = [{ operation: 'DescribeRegistry', error: 'ServerException', message }]
    await plant(kept)
    expect(await plant(body)).toEqual({ status: 400, body: { error } })
    expect(await planted()).toEqual(kept)
  })

  it('are answered as often as they say, one after the other, and listed with what is left', async () => {
    const faults = [
      { operation: 'DescribeRegistry', error: 'ServerException', message, times: 2 },
      { operation: 'DescribeRegistry', error: 'ThrottlingException', message, times: 1 },
      { operation: 'ListImages', error: 'ServerException', message, times: 1 },
    ]
    expect(await plant(faults)).toEqual({ status: 200, body: faults })
    expect(await typesOf(1)).toEqual(['ServerException'])
    expect(await planted()).toEqual([{ ...faults[0], times: 1 }, faults[1], faults[2]])
    expect(await typesOf(3)).toEqual(['ServerException', 'ThrottlingException', 'none'])
    expect(await planted()).toEqual([faults[2]])
  })

  it('last until they are replaced when they do not say how often', async () => {
    const fault = { operation: 'DescribeRegistry', error: 'ThrottlingException', message }
    await plant([fault])
    expect(await typesOf(3)).toEqual(Array(3).fill('ThrottlingException'))
    expect(await planted()).toEqual([fault])
    await plant([])
    expect(await typesOf(1)).toEqual(['none'])
  })

  it.each([
    ['ServerException', 500],
    ['ThrottlingException', 400],
    ['AccessDeniedException', 400],
    ['ValidationException', 400],
  ])('reach the SDK as %s with status %s', async (name, httpStatusCode) => {
    await plant([{ operation: 'DescribeRegistry', error: name, message }])
    const call = ecr.client().send(new DescribeRegistryCommand({}))
    await expect(call).rejects.toMatchObject({ name, message, $metadata: { httpStatusCode } })
  })

  it('do not replace the check of the input', async () => {
    await plant([{ operation: 'ListImages', error: 'ServerException', message }])
    expect((await ecr.call('ListImages', {})).body.__type).toBe('InvalidParameterException')
  })
})
