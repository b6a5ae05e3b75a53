import { DescribeRepositoriesCommand, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { anImage, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { operate } from '../support/operator.ts'
import { registryClient } from '../support/registry.ts'

describe('POST /_ecr-local/reset', () => {
  const ecr = emulator()
  const HERE = { accessKeyId: '111111111111', region: 'eu-west-1' }
  const OTHERS = [
    { ...HERE, region: 'us-west-2' },
    { ...HERE, accessKeyId: '222222222222' },
  ]

  const namesOf = async (identity: typeof HERE) =>
    (await ecr.client(identity).send(new DescribeRepositoriesCommand({}))).repositories?.map(
      ({ repositoryName }) => repositoryName,
    )

  it.each([
    [
      { registry: 'eu-west-1' },
      '"registry" is "<account>/<region>", such as "000000000000/us-east-1"; got "eu-west-1"',
    ],
    [
      { registry: '1/eu-west-1' },
      '"registry" is "<account>/<region>", such as "000000000000/us-east-1"; got "1/eu-west-1"',
    ],
    [
      { registry: '111111111111/' },
      '"registry" is "<account>/<region>", such as "000000000000/us-east-1"; got "111111111111/"',
    ],
    [{ registry: '' }, '"registry" is "<account>/<region>", such as "000000000000/us-east-1"; got ""'],
    [{ registry: 1 }, '✖ Invalid input: expected string, received number\n  → at registry'],
    [{ registries: [] }, '✖ Unrecognized key: "registries"'],
    [[], '✖ Invalid input: expected object, received array'],
  ])('refuses %j and changes nothing', async (body, error) => {
    const name = await aRepository(ecr.client(HERE))
    expect(await operate(ecr, 'POST', 'reset', body)).toEqual({ status: 400, body: { error } })
    expect(await namesOf(HERE)).toContain(name)
  })

  it('forgets one registry, and nothing of others', async () => {
    const [first, second] = OTHERS as [typeof HERE, typeof HERE]
    await anImage(ecr.client(HERE), await aRepository(ecr.client(HERE)), { imageTag: 'v1' })
    const kept = await Promise.all(OTHERS.map((identity) => aRepository(ecr.client(identity))))
    await operate(ecr, 'PUT', 'faults', [{ operation: 'PutImage', error: 'KmsException' }])
    const answer = await operate(ecr, 'POST', 'reset', { registry: '111111111111/eu-west-1' })
    expect(answer).toEqual({ status: 200, body: {} })
    expect(await namesOf(HERE)).toEqual([])
    expect([await namesOf(first), await namesOf(second)]).toEqual(kept.map((name) => [name]))
    expect((await operate(ecr, 'GET', 'faults')).body).toHaveLength(1)
  })

  it.each([[undefined], [{}]])(
    'forgets everything with the body %j, faults too, but no login',
    async (body) => {
      const name = await aRepository(ecr.client(HERE))
      const client = registryClient(ecr, HERE)
      await client.pushImage(name, 'v1')
      await operate(ecr, 'PUT', 'faults', [{ operation: 'PutImage', error: 'KmsException' }])
      expect(await operate(ecr, 'POST', 'reset', body)).toEqual({ status: 200, body: {} })
      for (const identity of [HERE, ...OTHERS]) expect(await namesOf(identity)).toEqual([])
      expect((await operate(ecr, 'GET', 'faults')).body).toEqual([])
      const { body: info } = await operate(ecr, 'GET', 'info')
      expect(info).toMatchObject({ repositories: 0, images: 0, layers: { count: 0, sizeInBytes: 0 } })
      expect((await client.send('/v2/')).status).toBe(200)
      expect((await client.send(`/v2/${name}/tags/list`)).status).toBe(404)
      const { authorizationData } = await ecr.client(HERE).send(new GetAuthorizationTokenCommand({}))
      expect(authorizationData).toHaveLength(1)
    },
  )

  it('is the reset() of the server', async () => {
    const [other] = OTHERS as [typeof HERE]
    await aRepository(ecr.client(HERE))
    const kept = await aRepository(ecr.client(other))
    await ecr.server.reset({ accountId: '111111111111', region: 'eu-west-1' })
    expect([await namesOf(HERE), await namesOf(other)]).toEqual([[], [kept]])
    await ecr.server.reset()
    expect(await namesOf(other)).toEqual([])
  })
})
