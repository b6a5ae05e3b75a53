import {
  BatchGetImageCommand,
  DeregisterPullTimeUpdateExclusionCommand,
  DescribeImagesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  RegisterPullTimeUpdateExclusionCommand,
} from '@aws-sdk/client-ecr'
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { anImage, aRepository, type StoredManifest } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { registryClient } from '../support/registry.ts'
import { stsClient, usable } from '../support/sts.ts'

const ROLE = 'arn:aws:iam::000000000000:role/ci/scanner'

describe('the recorded pull time of an image', () => {
  const ecr = emulator()
  const registry = registryClient(ecr)
  let client: ECRClient
  let repositoryName: string
  let image: StoredManifest
  beforeAll(async () => {
    client = ecr.client()
    await ecr.server.clock({ now: '2027-01-01T00:00:00Z', frozen: true })
  })
  beforeEach(async () => {
    repositoryName = await aRepository(client)
    image = await anImage(client, repositoryName, { imageTag: 'v1' })
  })

  const advance = (duration: string) => ecr.server.clock({ advance: duration })
  const now = async () => new Date((await ecr.server.clock()).now)
  const recorded = async () => {
    const { imageDetails } = await client.send(new DescribeImagesCommand({ repositoryName }))
    return imageDetails?.[0]?.lastRecordedPullTime
  }
  const pull = (by = client, imageIds: object[] = [{ imageTag: 'v1' }]) =>
    by.send(new BatchGetImageCommand({ repositoryName, imageIds }))
  const request = (path: string, method = 'GET', headers = {}) =>
    registry.send(`/v2/${repositoryName}/${path}`, { method, headers })
  async function session() {
    const role = new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: 'nightly' })
    const { Credentials } = await stsClient(ecr).send(role)
    const credentials = usable(Credentials)
    return new ECRClient({ endpoint: ecr.server.url, region: 'eu-west-1', credentials })
  }

  it.each([
    ['BatchGetImage by tag', () => pull()],
    ['BatchGetImage by digest', () => pull(client, [{ imageDigest: image.digest }])],
    ['GET of a manifest by tag', () => request('manifests/v1')],
    ['GET of a manifest by digest', () => request(`manifests/${image.digest}`)],
    ['HEAD of a manifest', () => request('manifests/v1', 'HEAD')],
  ])('is that of a %s', async (_, pulled) => {
    expect(await recorded()).toBeUndefined()
    await pulled()
    expect(await recorded()).toEqual(await now())
  })

  it.each([
    ['GET of a layer', () => request(`blobs/${image.config.digest}`)],
    ['GET of tags', () => request('tags/list')],
    ['BatchGetImage of another image', () => pull(client, [{ imageTag: 'v2' }])],
  ])('is left alone by a %s', async (_, other) => {
    await other()
    expect(await recorded()).toBeUndefined()
  })

  it('is at most an hour old', async () => {
    await pull()
    const first = await now()
    await advance('PT59M')
    await pull()
    expect(await recorded()).toEqual(first)
    await advance('PT1M')
    await request('manifests/v1')
    expect(await recorded()).toEqual(await now())
  })

  it('is left alone by the sessions of an excluded role, until it is excluded no longer', async () => {
    const nightly = await session()
    const { authorizationData } = await nightly.send(new GetAuthorizationTokenCommand({}))
    const headers = { authorization: `Basic ${authorizationData?.[0]?.authorizationToken}` }
    await client.send(new RegisterPullTimeUpdateExclusionCommand({ principalArn: ROLE }))
    expect((await pull(nightly)).images).toHaveLength(1)
    expect((await request('manifests/v1', 'GET', headers)).status).toBe(200)
    expect(await recorded()).toBeUndefined()

    await client.send(new DeregisterPullTimeUpdateExclusionCommand({ principalArn: ROLE }))
    await pull(nightly)
    expect(await recorded()).toEqual(await now())
    nightly.destroy()
  })

  it('is of others while a role is excluded', async () => {
    const principalArn = 'arn:aws:iam::000000000000:role/other'
    await client.send(new RegisterPullTimeUpdateExclusionCommand({ principalArn }))
    await pull()
    expect(await recorded()).toEqual(await now())
  })
})
