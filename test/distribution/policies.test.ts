import { type ECRClient, PutRegistryPolicyCommand, SetRepositoryPolicyCommand } from '@aws-sdk/client-ecr'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { plainRequest } from '../support/http.ts'
import { denied, explicitlyDenied, toldBy } from '../support/oci-errors.ts'
import { policyText } from '../support/policies.ts'
import { DEFAULT_ACCOUNT, repositoryArnOf } from '../support/refusals.ts'
import { jsonOf, registryClient } from '../support/registry.ts'

const OTHER = '111122223333'
const NS = `ns=${OTHER}.dkr.ecr.eu-west-1.amazonaws.com`
const PULL = [
  'ecr:BatchGetImage',
  'ecr:GetDownloadUrlForLayer',
  'ecr:BatchCheckLayerAvailability',
  'ecr:ListImages',
]
const PUSH = ['ecr:InitiateLayerUpload', 'ecr:UploadLayerPart', 'ecr:CompleteLayerUpload', 'ecr:PutImage']

describe('policies at /v2/', () => {
  const ecr = emulator()
  const owners = registryClient(ecr, { accessKeyId: OTHER })
  /** With a login of the default account. */
  const client = registryClient(ecr)
  let owner: ECRClient
  beforeAll(() => {
    owner = ecr.client({ accessKeyId: OTHER })
  })
  afterEach(() => ecr.server.reset({ accountId: OTHER, region: 'eu-west-1' }))

  const setPolicy = (repositoryName: string, ...statements: object[]) =>
    owner.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: policyText(...statements) }))
  const putRegistryPolicy = (...statements: object[]) =>
    owner.send(new PutRegistryPolicyCommand({ policyText: policyText(...statements) }))
  const arnOf = (name: string) => repositoryArnOf(name, { accountId: OTHER })

  /** A repository of the other account, with an image. */
  async function theirs() {
    const name = await aRepository(owner)
    return { name, image: await owners.pushImage(name, 'v1') }
  }

  /** Sends a request as a mirror does, which names the registry that it stands for. */
  const ask = (path: string, init: RequestInit = {}) =>
    client.send(`${path}${path.includes('?') ? '&' : '?'}${NS}`, init)

  it('lets another account pull by the policy of one repository, and denies it by that of another', async () => {
    const [open, shut] = [await theirs(), await theirs()]
    await setPolicy(open.name, { Principal: { AWS: DEFAULT_ACCOUNT }, Action: PULL })
    await setPolicy(
      shut.name,
      { Action: PULL },
      { Effect: 'Deny', Principal: { AWS: DEFAULT_ACCOUNT }, Action: PULL },
    )

    const [layer] = open.image.layers
    expect(await (await ask(`/v2/${open.name}/manifests/v1`)).text()).toBe(open.image.text)
    expect((await ask(`/v2/${open.name}/blobs/${layer?.digest}`, { method: 'HEAD' })).status).toBe(200)
    expect((await ask(`/v2/${open.name}/blobs/${layer?.digest}`)).status).toBe(200)
    expect(await jsonOf(ask(`/v2/${open.name}/tags/list`))).toEqual({ name: open.name, tags: ['v1'] })

    const [others] = shut.image.layers
    expect(await toldBy(ask(`/v2/${shut.name}/manifests/v1`))).toEqual(
      explicitlyDenied('ecr:BatchGetImage', arnOf(shut.name)),
    )
    expect(await toldBy(ask(`/v2/${shut.name}/blobs/${others?.digest}`))).toEqual(
      explicitlyDenied('ecr:GetDownloadUrlForLayer', arnOf(shut.name)),
    )
    expect((await owners.send(`/v2/${shut.name}/manifests/v1`)).status).toBe(200)
  })

  it('lets it in by the host that names the registry', async () => {
    const { name, image } = await theirs()
    await setPolicy(name, { Principal: { AWS: DEFAULT_ACCOUNT }, Action: PULL })
    const headers = {
      host: `${OTHER}.dkr.ecr.eu-west-1.localhost`,
      authorization: await client.authorization(),
    }
    const { body } = await plainRequest(`${ecr.server.url}/v2/${name}/manifests/v1`, { headers })
    expect(body).toBe(image.text)
  })

  it('lets it push only what it may', async () => {
    const { name } = await theirs()
    await setPolicy(name, { Principal: { AWS: DEFAULT_ACCOUNT }, Action: PULL })
    const begin = () => ask(`/v2/${name}/blobs/uploads/`, { method: 'POST' })
    expect(await toldBy(begin())).toEqual(denied('ecr:InitiateLayerUpload', arnOf(name)))

    await setPolicy(name, { Principal: { AWS: DEFAULT_ACCOUNT }, Action: PUSH })
    const location = new URL((await begin()).headers.get('location') ?? '', ecr.server.url).pathname
    // The digest of no bytes.
    const digest = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
    const ended = await ask(`${location}?digest=${digest}`, { method: 'PUT' })
    expect(ended.status).toBe(201)
    expect(await toldBy(ask(`/v2/${name}/manifests/v1`))).toEqual(denied('ecr:BatchGetImage', arnOf(name)))
    expect(await toldBy(ask(`/v2/${name}/manifests/v1`, { method: 'DELETE' }))).toEqual(
      denied('ecr:BatchDeleteImage', arnOf(name)),
    )
  })

  it('lets it in by the registry policy, unless the repository policy denies it', async () => {
    const { name } = await theirs()
    await putRegistryPolicy({ Resource: arnOf('*') })
    expect((await ask(`/v2/${name}/manifests/v1`)).status).toBe(200)
    expect(await jsonOf(ask('/v2/_catalog'))).toEqual({ repositories: [name] })

    await setPolicy(name, { Effect: 'Deny', Action: 'ecr:BatchGetImage' })
    const refused = explicitlyDenied('ecr:BatchGetImage', arnOf(name))
    expect(await toldBy(ask(`/v2/${name}/manifests/v1`))).toEqual(refused)
  })

  it('binds the owner by a Deny from the next request on', async () => {
    const { name } = await theirs()
    const path = `/v2/${name}/manifests/v1`
    await setPolicy(name, { Effect: 'Deny', Action: 'ecr:BatchGetImage' })
    const told = await toldBy(owners.send(path))
    expect(told).toMatchObject({ status: 403, code: 'DENIED' })
    expect(told.message).toMatch(/ with an explicit deny in a resource-based policy$/)

    await setPolicy(name, {})
    expect((await owners.send(path)).status).toBe(200)
  })

  it.each<[what: string, condition: object, isLetIn: boolean]>([
    ['the address', { IpAddress: { 'aws:SourceIp': ['127.0.0.1', '::1'] } }, true],
    ['another address', { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, false],
    ['a connection in the clear', { Bool: { 'aws:SecureTransport': 'false' } }, true],
    ['a secure connection', { Bool: { 'aws:SecureTransport': 'true' } }, false],
    ['who the login belongs to', { StringEquals: { 'aws:userid': DEFAULT_ACCOUNT } }, true],
  ])('asks conditions of %s', async (_what, condition, isLetIn) => {
    const { name } = await theirs()
    await setPolicy(name, { Condition: condition })
    expect((await ask(`/v2/${name}/manifests/v1`)).status).toBe(isLetIn ? 200 : 403)
  })

  it('opens an upload instead of a mount out of a repository that may not be read', async () => {
    const { name: from, image } = await theirs()
    const into = await aRepository(owner)
    await setPolicy(from, { Effect: 'Deny', Action: 'ecr:GetDownloadUrlForLayer' })
    const path = `/v2/${into}/blobs/uploads/?mount=${image.layers[0]?.digest}&from=${from}`
    expect((await owners.send(path, { method: 'POST' })).status).toBe(202)

    await setPolicy(from, {})
    expect((await owners.send(path, { method: 'POST' })).status).toBe(201)
  })
})
