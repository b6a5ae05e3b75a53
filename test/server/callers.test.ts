import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DescribeImagesCommand, DescribeRegistryCommand } from '@aws-sdk/client-ecr'
import { afterAll, describe, expect, it } from 'vitest'
import { anImage, aRepository } from '../support/content.ts'
import { authorizationOf, emulator } from '../support/emulator.ts'
import { plainRequest } from '../support/http.ts'
import { registryClient } from '../support/registry.ts'

const file = join(tmpdir(), `ecr-local-accounts-${process.pid}`)
writeFileSync(
  file,
  `[a]
aws_access_key_id = 123456789012
aws_secret_access_key = x
aws_account_id = 111122223333
[b]
aws_access_key_id = plain
aws_secret_access_key = x
aws_account_id = 444455556666
[c]
aws_access_key_id = ASIAQNZGKIQY56JQ7WML
aws_secret_access_key = x
`,
)
afterAll(() => rmSync(file))

describe('the account of a caller', () => {
  const ecr = emulator({ accountId: '999999999999' })
  const listed = emulator({ credentials: file })

  const accountOf = async (emulated: typeof ecr, accessKeyId: string) =>
    (await emulated.client({ accessKeyId }).send(new DescribeRegistryCommand({}))).registryId

  it.each([
    ['twelve digits, which are the account', '123456789012', '123456789012'],
    ['a real key, which holds it', 'ASIAQNZGKIQY56JQ7WML', '029608264753'],
    ['a real key of another kind', 'AKIAQNZGKIQY56JQ7WML', '029608264753'],
    ['a key from before keys held it', 'AKIAIOSFODNN7EXAMPLE', '999999999999'],
    ['another such key', 'AKIAJXXXXXXXXXXXXXXX', '999999999999'],
    ['a made-up key with no such number', 'AKIA7777777777777777', '999999999999'],
    ['a key of another length', 'AKIAQNZGKIQY56JQ7WM', '999999999999'],
    ['a key with other letters', 'AKIAQNZGKIQY56JQ7WM1', '999999999999'],
    ['eleven digits', '12345678901', '999999999999'],
    ['thirteen digits', '1234567890123', '999999999999'],
    ['a word', 'test', '999999999999'],
    ['a name with a slash', 'team/alice', '999999999999'],
  ])('is by %s', async (_what, accessKeyId, account) => {
    expect(await accountOf(ecr, accessKeyId)).toBe(account)
  })

  it.each([
    ['names it', 'plain', '444455556666'],
    ['names it otherwise than the key itself', '123456789012', '111122223333'],
    ['has the key, and leaves it to the key', 'ASIAQNZGKIQY56JQ7WML', '029608264753'],
    ['does not have the key', '210987654321', '210987654321'],
    ['does not have the key, nor says the key', 'other', '000000000000'],
  ])('is by the credentials file when that %s', async (_what, accessKeyId, account) => {
    expect(await accountOf(listed, accessKeyId)).toBe(account)
  })

  it('is the default without a signature', async () => {
    const { body } = await ecr.call('DescribeRegistry', {}, { authorization: '' })
    expect(body.registryId).toBe('999999999999')
    expect((await ecr.call('DescribeRegistry', {}, { authorization: 'Bearer x' })).body).toEqual(body)
  })

  it('is read from a presigned query too', async () => {
    const query = new URLSearchParams({
      'X-Amz-Credential': '123456789012/20261124/eu-west-1/ecr/aws4_request',
    })
    const answer = await fetch(`${ecr.server.url}/?${query}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.DescribeRegistry',
      },
      body: '{}',
    })
    expect(await answer.json()).toMatchObject({ registryId: '123456789012' })
  })
})

describe('the region of a caller', () => {
  const ecr = emulator({ region: 'ap-south-1' })

  const regionOf = async (authorization: string) => {
    const { repositories = [] } = (await ecr.call('DescribeRepositories', {}, { authorization })).body
    return repositories.map(({ repositoryArn }: { repositoryArn: string }) => repositoryArn.split(':')[3])
  }

  it('is that of the signature, else the default', async () => {
    await aRepository(ecr.client({ region: 'eu-central-1' }))
    await aRepository(ecr.client({ region: 'ap-south-1' }))
    expect(await regionOf(authorizationOf('test', 'eu-central-1'))).toEqual(['eu-central-1'])
    expect(await regionOf(authorizationOf('test', 'ap-south-2'))).toEqual([])
    expect(await regionOf('')).toEqual(['ap-south-1'])
  })

  it.each(['', 'EU-WEST-1', 'eu_west_1', '..', 'a'.repeat(26)])('may not be "%s"', async (region) => {
    const authorization = authorizationOf('test', region)
    const { status, body } = await ecr.call('DescribeRegistry', {}, { authorization })
    expect([status, body]).toEqual([
      400,
      { __type: 'InvalidSignatureException', message: 'Credential should be scoped to a valid region. ' },
    ])
  })
})

describe('registries', () => {
  const ecr = emulator()
  const HERE = { accessKeyId: '111111111111', region: 'eu-west-1' }
  const others = [
    ['account', { ...HERE, accessKeyId: '222222222222' }],
    ['region', { ...HERE, region: 'us-west-2' }],
  ] as const

  it.each(others)('of another %s hold nothing of this one, at either door', async (_what, there) => {
    const [mine, theirs] = [ecr.client(HERE), ecr.client(there)]
    const name = await aRepository(mine)
    const image = await anImage(mine, name, { imageTag: 'v1' })
    const find = theirs.send(new DescribeImagesCommand({ repositoryName: name }))
    await expect(find).rejects.toThrow(
      `The repository with name '${name}' does not exist in the registry with id '${there.accessKeyId}'`,
    )
    const [here, elsewhere] = [registryClient(ecr, HERE), registryClient(ecr, there)]
    expect((await here.send(`/v2/${name}/manifests/v1`)).status).toBe(200)
    for (const path of [
      `manifests/v1`,
      `manifests/${image.digest}`,
      `blobs/${image.config.digest}`,
      'tags/list',
    ])
      expect((await elsewhere.send(`/v2/${name}/${path}`)).status).toBe(404)
    expect(await (await elsewhere.send('/v2/_catalog')).json()).not.toMatchObject({
      repositories: expect.arrayContaining([name]),
    })
  })

  it.each(others)('of another %s keep a repository and tag of the same name apart', async (_what, there) => {
    const name = await aRepository(ecr.client(HERE))
    await aRepository(ecr.client(there), { repositoryName: name })
    const [here, elsewhere] = [registryClient(ecr, HERE), registryClient(ecr, there)]
    const mine = await here.pushImage(name, 'v1')
    const theirs = await elsewhere.pushImage(name, 'v1')
    for (const [client, image] of [
      [ecr.client(HERE), mine],
      [ecr.client(there), theirs],
    ] as const) {
      const { imageDetails } = await client.send(new DescribeImagesCommand({ repositoryName: name }))
      expect(imageDetails?.map(({ imageDigest }) => imageDigest)).toEqual([image.digest])
    }
    // Bytes are stored once for all; to know their digest opens nothing.
    expect((await elsewhere.send(`/v2/${name}/blobs/${mine.config.digest}`)).status).toBe(404)
  })

  it('are chosen at /v2/ by the host, then by ns, then by the login', async () => {
    const name = await aRepository(ecr.client(HERE))
    const authorization = await registryClient(ecr, { ...HERE, region: 'us-west-2' }).authorization()
    const statusAt = async (host: string, query = '') => {
      const url = `${ecr.server.url}/v2/${name}/tags/list${query}`
      return (await plainRequest(url, { headers: { host, authorization } })).status
    }
    const [here, elsewhere] = ['eu-west-1', 'us-west-2'].map(
      (region) => `111111111111.dkr.ecr.${region}.amazonaws.com`,
    ) as [string, string]
    expect(await statusAt('localhost')).toBe(404)
    expect(await statusAt('localhost', `?ns=${here}`)).toBe(200)
    expect(await statusAt('localhost', '?ns=docker.io')).toBe(404)
    expect(await statusAt(here)).toBe(200)
    expect(await statusAt(here, `?ns=${elsewhere}`)).toBe(200)
    expect(await statusAt(elsewhere, `?ns=${here}`)).toBe(404)
    expect(await statusAt('111111111111.dkr.ecr.eu-west-1.localhost:3270')).toBe(200)
  })

  it('of another account are closed, by registryId and by host', async () => {
    const name = await aRepository(ecr.client(HERE))
    const stranger = { accessKeyId: '222222222222', region: 'eu-west-1' }
    const list = ecr
      .client(stranger)
      .send(new DescribeImagesCommand({ registryId: '111111111111', repositoryName: name }))
    await expect(list).rejects.toMatchObject({ name: 'AccessDeniedException' })
    const host = '111111111111.dkr.ecr.eu-west-1.amazonaws.com'
    const answer = await registryClient(ecr, stranger).send(`/v2/${name}/tags/list?ns=${host}`)
    expect(answer.status).toBe(403)
  })
})
